# host.reboot: at most one restart per intent. The answer goes out first; the restart follows two seconds later, out of the session's reach.
fence
if [ -e "$unjam_root/run/systemd/shutdown/scheduled" ]; then cannot refused 'a shutdown is already scheduled by somebody else'; fi
if running shutdown; then cannot refused 'a shutdown is already running'; fi
have setsid || cannot failed 'setsid (util-linux) is not installed'
if [ -d "$unjam_root/run/systemd/system" ] && have systemctl; then
  restart='systemctl --no-block --message="unjam $1" reboot || shutdown -r now'
elif have shutdown || have reboot; then
  restart='shutdown -r now "unjam $1" || reboot'
else
  cannot failed 'neither shutdown nor reboot is installed'
fi

out_text boot "$fence_boot"
before_text boot "$fence_boot"
setsid sh -c "sleep 2; $restart" unjam-reboot "$fence_intent" </dev/null >/dev/null 2>&1 &
answer
