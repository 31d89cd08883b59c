# kerberos.check: what this hub's Kerberos rests on, looked at without using Kerberos (README.md says what the hub needs for it).
#   own_key   the keytab that smtpd accepts with is there, can be read by Postfix, and has smtp/<myhostname>; likewise the client's, if one is named
#   kdc_port  TCP 88 of every domain controller that is known
#   spn       missing: this hub's account does not hold smtp/<myhostname>; duplicate: several do; asked of every domain controller with a read-only account over NTLM
#   trust     that account exists and is enabled at every controller that answers, and one of them at least has the keytab's key version
have postconf || cannot absent 'Postfix is not installed'
work_folder
myhostname=$(postconf -h myhostname) || cannot unreadable 'postconf'
principal=smtp/$myhostname

environment=$(mail_split "$(postconf -xh import_environment 2>/dev/null)")
keytab='' sasl=$(postconf -h smtpd_sasl_path)
for folder in $(postconf -xh cyrus_sasl_config_path | tr ':' ' ') "$unjam_root/etc/postfix/sasl" "$unjam_root/etc/sasl2" "$unjam_root/usr/lib/sasl2"; do
  [ -r "$folder/$sasl.conf" ] || continue
  keytab=$(sed -n 's/^[[:space:]]*keytab:[[:space:]]*//p' "$folder/$sasl.conf" | tail -n 1)
  break
done
[ -n "$keytab" ] || keytab=$(printf '%s\n' "$environment" | sed -n 's/^KRB5_KTNAME=\(FILE:\)*//p')
[ -n "$keytab" ] || keytab="$unjam_root/etc/krb5.keytab"
client=$(printf '%s\n' "$environment" | sed -n 's/^KRB5_CLIENT_KTNAME=\(FILE:\)*//p')

as_postfix() { if [ "$(id -u)" = 0 ] && have runuser; then timeout 5 runuser -u "$(postconf -h mail_owner)" -- "$@"; else timeout 5 "$@"; fi; }
versions=
accounts=$(printf '%s$' "${myhostname%%.*}" | tr 'A-Z' 'a-z') # who may hold the service's name: the machine, or who the client keytab acts as
attributes='sAMAccountName userAccountControl msDS-KeyVersionNumber'
if have klist; then
  own=true
  listed=$(as_postfix klist -k "$keytab" 2>&1) || { own=false; note "$listed"; }
  versions=$(printf '%s\n' "$listed" | awk -v p="$principal" 'tolower($2) ~ ("^" tolower(p) "@") { print $1 }' | sort -u)
  [ -n "$versions" ] || own=false
  if [ -n "$client" ]; then
    acting=$(as_postfix klist -k "$client" 2>/dev/null | sed -n 's/^ *[0-9][0-9]* \([^@/]*\)@.*/\1/p' | sort -u | tr 'A-Z' 'a-z')
    [ -n "$acting" ] || own=false
    accounts="$accounts
$acting"
  fi
  out_bool own_key "$own"
fi

# The controllers: named by the administrator, or by krb5.conf, or found by DNS.
realm=$(sed -n 's/^[[:space:]]*default_realm[[:space:]]*=[[:space:]]*//p' "$unjam_root/etc/krb5.conf" 2>/dev/null | head -n 1)
if [ -r "$unjam_root/etc/unjam/directory.servers" ]; then
  sed 's/#.*//' "$unjam_root/etc/unjam/directory.servers" | tr -s ' \t' '\n\n' | grep . >"$work/servers"
else
  sed -n 's/^[[:space:]]*kdc[[:space:]]*=[[:space:]]*\([^[:space:]:]*\).*/\1/p' "$unjam_root/etc/krb5.conf" 2>/dev/null >"$work/servers"
  if [ ! -s "$work/servers" ] && [ -n "$realm" ] && have net; then
    timeout 10 net lookup kdc "$realm" 2>/dev/null | sed 's/:[0-9]*$//' | grep -x '[0-9A-Za-z.:-]*' >"$work/servers"
    first=$(head -n 1 "$work/servers")
    if [ -n "$first" ]; then
      timeout 8 net ads search -S "$first" -A "$unjam_root/etc/unjam/directory.auth" --use-kerberos=off \
        '(&(objectCategory=computer)(userAccountControl:1.2.840.113556.1.4.803:=8192))' dNSHostName 2>/dev/null |
        sed -n 's/^dNSHostName: //p' | while IFS= read -r name; do timeout 5 getent ahostsv4 "$name" | awk 'NR == 1 { print $1 }'; done >>"$work/servers"
    fi
  fi
fi
sort -u "$work/servers" | head -n 20 >"$work/all"

search() {  # SERVER FILTER ATTRIBUTE..: fails unless that server answered
  unjam_server=$1
  shift
  timeout 10 net ads search -S "$unjam_server" -A "$unjam_root/etc/unjam/directory.auth" --use-kerberos=off "$@" 2>/dev/null | grep -v '^$' >"$work/answer" && grep -q '^Got [0-9]* replies' "$work/answer"
}
look() {  # SERVER: lines for the judgement below
  tcp_open "$1" 88
  unjam_v=$?
  printf 'port\t%s\n' "$unjam_v"
  [ "$unjam_v" != 1 ] || printf 'closed\t%s:88\n' "$1"
  have net && [ -r "$unjam_root/etc/unjam/directory.auth" ] || return
  work=$work/$number
  mkdir -p "$work"
  search "$1" "(servicePrincipalName=$principal)" $attributes || return
  found=$(sed -n 's/^Got \([0-9]*\) replies.*/\1/p' "$work/answer")
  holder=$(sed -n 's/^sAMAccountName: //p' "$work/answer" | tr 'A-Z' 'a-z')
  printf '%s\n' "$holder" | sed -n 's/./holder\t&/p'
  if [ "$found" = 1 ] && ! printf '%s\n' "$accounts" | grep -qxF "$holder"; then found=0; fi # somebody else's: not this hub's
  printf 'spn\t%s\n' "$found"
  if [ "$found" != 1 ]; then
    search "$1" "(sAMAccountName=${myhostname%%.*}\$)" $attributes || return
    found=$(sed -n 's/^Got \([0-9]*\) replies.*/\1/p' "$work/answer")
  fi
  control=$(sed -n 's/^userAccountControl: //p' "$work/answer")
  if [ "$found" = 0 ] || { [ -n "$control" ] && [ $((control & 2)) -ne 0 ]; }; then printf 'account\tno\n'; else printf 'account\tyes\n'; fi
  printf 'version\t%s\n' "$(sed -n 's/^msDS-KeyVersionNumber: //p' "$work/answer")"
}
number=0
while IFS= read -r server; do
  number=$((number + 1))
  look "$server" >"$work/seen.$number" &
done <"$work/all"
wait
cat "$work"/seen.* >"$work/seen" 2>/dev/null

has() { grep -q "^$1$unjam_tab$2" "$work/seen"; }
if has port 0 && ! has port 1 && ! has port 2; then out_bool kdc_port true; elif has port 1; then out_bool kdc_port false; fi
listed() { sed -n "s/^$1$unjam_tab//p" "$work/seen" | sort -u; }
if has port '[01]'; then out_list closed "$(listed closed)"; fi
if has spn '[0-9]'; then out_list holders "$(listed holder)"; fi
if has spn '[1-9][0-9]' || has spn '[2-9]'; then out_text spn duplicate
elif has spn 0; then out_text spn missing
elif has spn 1; then out_text spn ok; fi
if has account no; then
  out_bool trust false
elif has account yes; then
  known=false
  for version in $versions; do if has version "$version\$"; then known=true; fi; done
  # Without a readable keytab, or if no controller tells the key's version, the account is all that can be judged.
  if [ -z "$versions" ] || ! has version '[0-9]'; then known=true; fi
  out_bool trust "$known"
fi
answer
