# time.offset: how far this host's clock is from the independent source and from each peer, asked by the host itself.
# NTP first; a domain controller that does not answer NTP is asked over SMB (`net time`, one second's resolution).
work_folder
if [ -n "$unjam_time_source" ]; then clock_offset "$unjam_time_source" >"$work/source" & fi
own=$(field "$unjam_self" 1)
number=0
while IFS="$unjam_tab" read -r name address site role; do
  [ -n "$name" ] || continue
  number=$((number + 1))
  if [ "$name" = "$own" ]; then
    printf '%s\t0\n' "$name" >"$work/peer.$number"
  else
    { offset=$(clock_offset "$address" smb) && printf '%s\t%s\n' "$name" "$offset" >"$work/peer.$number"; } &
  fi
done <<END
$in_peers
END
wait

if [ -s "$work/source" ]; then out_duration offset "$(cat "$work/source")"; fi
out_map_duration peers "$(cat "$work"/peer.* 2>/dev/null)"

# Synchronised: a time service says so, and not from its own clock. None running: not synchronised. Running but mute: unknown.
if running chronyd; then
  synced=$(timeout 5 chronyc -n -c tracking 2>/dev/null | awk -F, '
    NF >= 14 { own = $1 == "00000000" || $1 == "7F7F0101"; good = $14 == "Normal" || $14 == "Insert second" || $14 == "Delete second"
      print (!own && good && $3 + 0 >= 1 && $3 + 0 <= 15 ? "true" : "false") }')
elif running ntpd; then
  synced=$(timeout 5 ntpq -c 'rv 0 leap,stratum,refid' 2>/dev/null | awk '
    { all = all $0 } END { if (all ~ /stratum=/) print (all !~ /leap=(11|3)/ && all !~ /leap_alarm/ && all !~ /stratum=(0|16)[^0-9]/ && all !~ /refid=(LOCAL|LOCL|INIT|STEP|127\.127\.1\.)/ ? "true" : "false") }')
elif running systemd-timesyn; then
  case $(timeout 5 timedatectl show -p NTPSynchronized 2>/dev/null) in *=yes) synced=true ;; *=no) synced=false ;; *) synced= ;; esac
else
  synced=false
fi
[ -z "$synced" ] || out_bool synced "$synced"
answer
