# tickets.purge: the cache that Postfix names in import_environment. Its clients fetch new tickets with the hub's own key when they next need one.
have postconf || cannot absent 'Postfix is not installed'
cache=
for setting in $(postconf -xh import_environment); do
  case $setting in KRB5CCNAME=*) cache=${setting#*=} ;; esac
done
case $cache in
  FILE:/* | /*) file=${cache#FILE:} ;;
  '') cannot absent 'Postfix has no Kerberos cache of its own: no KRB5CCNAME in import_environment' ;;
  *) cannot absent "a Kerberos cache that is no file: $cache" ;;
esac
if [ -e "$unjam_root$file" ]; then
  before_text tickets "in $file"
  rm -f "$unjam_root$file" || cannot failed "cannot remove $file"
else
  before_text tickets none
fi
after_text tickets none
answer
