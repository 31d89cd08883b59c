# service.restart: one systemd unit. It reports what systemd says; service.health is the proof.
fence
case $in_service in '' | -* | *[!A-Za-z0-9@._:-]*) cannot refused "not the name of a service: '$in_service'" ;; esac
have systemctl && [ -d "$unjam_root/run/systemd/system" ] || cannot refused 'this host is not run by systemd'
case $(timeout 10 systemctl show -p LoadState -- "$in_service" 2>/dev/null | sed -n 's/^LoadState=//p') in
  loaded) ;;
  not-found | masked) cannot absent "there is no service $in_service here" ;;
  *) cannot refused "systemd knows no way to start $in_service" ;;
esac
before_text state "$(timeout 10 systemctl is-active -- "$in_service" 2>/dev/null)"
said=$(timeout 300 systemctl restart -- "$in_service" 2>&1) || cannot failed "systemctl restart $in_service: $said"
after_text state "$(timeout 10 systemctl is-active -- "$in_service" 2>/dev/null)"
answer
