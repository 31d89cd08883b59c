# dc.health
# serving: TCP 88 is open at this controller's own address, and LDAP there answers a question for its root.
# stale: the Samba process keeps its own machine tickets, and replication goes on failing with them after the clock is repaired. It is stale if
#   (1) the clock was moved by 4 minutes or more, in all, since the process started: its state is from before (Kerberos allows 5). The wall clock at
#       its start is in the first line that it wrote to its log; how long ago that was, the kernel says without using the wall clock; or
#   (2) an inbound link was refused within the last 15 minutes, since the process started, for time or login (1398, 1326, 5), while the clocks of both
#       ends agree within a minute now. Samba tries a failing link again every five minutes, so a refusal that lasts is always recent.
work_folder
address=$(field "$unjam_self" 2)
pid=
for file in "$unjam_root/run/samba/samba.pid" "$unjam_root/var/run/samba/samba.pid"; do
  if [ -r "$file" ]; then read -r pid rest <"$file"; break; fi
done
case $pid in '' | *[!0-9]*) pid= ;; *) [ "$(cat "$unjam_root/proc/$pid/comm" 2>/dev/null | head -c 5)" = samba ] || pid= ;; esac
if [ -z "$pid" ]; then
  have samba || cannot absent 'Samba is not installed'
  out_bool serving false
  out_bool stale false # no process, no tickets
  answer
fi

ldap_answers() {
  if have ldapsearch; then timeout 8 ldapsearch -x -o nettimeout=5 -H "ldap://$address" -s base -b '' dnsHostName 2>/dev/null | grep -qi '^dnsHostName:'
  else timeout 8 ldbsearch -H "ldap://$address" -U% -s base -b '' dnsHostName 2>/dev/null | grep -qi '^dnsHostName:'; fi
}
tcp_open "$address" 88
case $? in
  0) if ldap_answers; then out_bool serving true; else out_bool serving false; fi ;;
  1) out_bool serving false ;;
esac

# (1): seconds that the clock has been moved by since the process started.
started=$(awk '{ sub(/^.*\) /, ""); print $20 }' "$unjam_root/proc/$pid/stat") # field 22: ticks since boot
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)
read -r up rest <"$unjam_root/proc/uptime"
log="$unjam_root/var/log/samba/log.samba"
[ -r "$log" ] || log="$unjam_root/usr/local/samba/var/log.samba"
wall=$(tail -c 4194304 "$log" 2>/dev/null | tr -d '\000' | awk '/^\[[0-9]+\/[0-9]+\/[0-9]+ / { stamp = $1 " " $2 } /samba version .* started\./ { print stamp }' |
  tail -n 1 | sed 's/[[,]//g; s/\.[0-9]*$//')
if [ -n "$wall" ]; then wall=$(date -d "$wall" +%s 2>/dev/null); fi
# The log was rotated away, or says nothing: the file of its process id was written at its start too.
[ -n "$wall" ] || wall=$(stat -c %Y "$file" 2>/dev/null)
moved=
if [ -n "$wall" ] && [ -n "$started" ]; then
  moved=$(awk -v now="$(date +%s)" -v up="$up" -v wall="$wall" -v s="$started" -v t="$ticks" 'BEGIN { m = (now - wall) - (up - s / t); printf "%.0f\n", m }')
fi
if [ -n "$moved" ] && [ "${moved#-}" -ge 240 ]; then
  note "the clock was moved by $moved s since Samba started"
  out_bool stale true
  answer
fi

# (2)
ad_read
now=$(date +%s)
stale=false
for source in $(awk -F '\t' -v now="$now" -v since="$(awk -v now="$now" -v up="$up" -v s="$started" -v t="$ticks" 'BEGIN { printf "%.0f", now - (up - s / t) }')" '
    ($3 == 1398 || $3 == 1326 || $3 == 5) && $5 > since && $5 > now - 900 && $5 <= now + 60 { print $1 }' "$work/links" | sort -u | head -n 10); do
  dns=$(awk -F '\t' -v s="$source" '$2 == s { print $5; exit }' "$work/dsas")
  offset=$(clock_offset "$dns" smb) || continue
  if awk -v o="$offset" 'BEGIN { exit !(o < 60 && o > -60) }'; then stale=true; note "refused by $source although the clocks agree"; fi
done
[ -z "$moved" ] && [ "$stale" = false ] || out_bool stale "$stale"
answer
