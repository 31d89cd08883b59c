# dc.restart: Samba's directory service, and nothing else of the machine. By systemd or an init script where one runs it; otherwise the process is
# ended and the same program started again with -D. Ends when TCP 88 is open again; dc.health is the proof.
fence
address=$(field "$unjam_self" 2)
pid=
for file in "$unjam_root/run/samba/samba.pid" "$unjam_root/var/run/samba/samba.pid"; do
  if [ -r "$file" ]; then read -r pid rest <"$file"; break; fi
done
before_text process "${pid:-none}"

if have systemctl && timeout 10 systemctl -q is-active samba-ad-dc >/dev/null 2>&1; then
  said=$(timeout 120 systemctl restart samba-ad-dc </dev/null 2>&1 >/dev/null) || cannot failed "systemctl restart samba-ad-dc: $said"
else
  case $pid in '' | *[!0-9]*) cannot refused 'no Samba process is known here' ;; esac
  [ "$(head -c 5 "$unjam_root/proc/$pid/comm" 2>/dev/null)" = samba ] || cannot refused "process $pid is not Samba"
  program=$(readlink "$unjam_root/proc/$pid/exe")
  kill -TERM "$pid"
  left=40
  while [ "$left" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    left=$((left - 1))
  done
  if kill -0 "$pid" 2>/dev/null; then kill -KILL "-$pid" "$pid" 2>/dev/null; sleep 1; fi
  mkdir -p "${file%/*}"
  setsid "$program" -D </dev/null >/dev/null 2>&1 || cannot failed "$program did not start"
fi

left=60
while [ "$left" -gt 0 ]; do
  tcp_open "$address" 88 && break
  sleep 0.5
  left=$((left - 1))
done
[ "$left" -gt 0 ] || cannot failed 'Samba was restarted, but TCP 88 is still closed after 30 s'
pid=none
[ ! -r "$file" ] || read -r pid rest <"$file"
after_text process "$pid"
answer
