# service.health: a systemd unit, as systemd sees it; degraded: running, but a part of it has failed or it is being reloaded.
case $in_service in '' | -* | *[!A-Za-z0-9@._:-]*) cannot refused "not the name of a service: '$in_service'" ;; esac
have systemctl && [ -d "$unjam_root/run/systemd/system" ] || cannot unreadable 'this host is not run by systemd'
shown=$(timeout 10 systemctl show -p LoadState -p ActiveState -p SubState -p ExecMainStartTimestampMonotonic -p NRestarts -p FragmentPath -- "$in_service") ||
  cannot unreadable "systemctl show $in_service"
value() { printf '%s\n' "$shown" | sed -n "s/^$1=//p"; }
case $(value LoadState) in
  loaded) ;;
  not-found | masked) cannot absent "there is no service $in_service here" ;;
  *) cannot unreadable "$in_service: $(value LoadState)" ;;
esac
case $(value ActiveState) in
  active) state=up up=true ;;
  reloading | refreshing) state=degraded up=true ;;
  activating) state=starting up=false ;;
  deactivating | inactive | failed) state=down up=false ;;
  *) cannot unreadable "$in_service: $(value ActiveState)" ;;
esac
out_bool up "$up"
out_text state "$state"
file=$(value FragmentPath)
if [ -n "$file" ] && have dpkg-query; then
  package=$(timeout 10 dpkg-query -S "$file" 2>/dev/null | sed -n '1s/:.*//p')
  version=$([ -z "$package" ] || timeout 10 dpkg-query -W -f '${Version}' "$package" 2>/dev/null)
  [ -z "$version" ] || out_text version "$version"
fi
answer
