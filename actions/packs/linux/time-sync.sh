# time.sync: sets this clock from `from`, once, by at most `max_step`. `net time set` where Samba's tools are; else chrony, which must have
# `from` among its sources. The caller has proven that `from` is right; this script measures how far the step will be.
fence
name=$(field "$in_from" 1)
address=$(field "$in_from" 2)
[ "$name" != "$(field "$unjam_self" 1)" ] || cannot refused 'a host cannot be its own source of time'
before=$(clock_offset "$address" smb) || cannot refused "no time from $name ($address): nothing was moved"
awk -v o="$before" -v m="$in_max_step" 'BEGIN { exit !(o * 1000 <= m && -o * 1000 <= m) }' ||
  cannot refused "the clock is off by $before s, more than max_step ($in_max_step ms)"

elapsed() { read -r unjam_up rest <"$unjam_root/proc/uptime" && printf '%s %s' "$(date +%s.%N)" "$unjam_up"; }
by_chrony() {
  running chronyd && have chronyc || return 1
  timeout 5 chronyc -n sources 2>/dev/null | awk -v a="$address" '$2 == a { f = 1 } END { exit !f }' || return 1
  timeout 5 chronyc -m "burst 3/5 $address" >/dev/null 2>&1
  sleep 6
  timeout 5 chronyc makestep 2>/dev/null | grep -q '^200 OK'
}

before_text offset "$before s from $name"
start=$(elapsed)
way=
if have net && timeout 20 net time set -S "$address" >/dev/null 2>&1; then
  way='net time set'
elif by_chrony; then
  way='chronyc makestep'
fi
end=$(elapsed)
moved=$(printf '%s %s\n' "$start" "$end" | awk '{ printf "%.3f\n", ($3 - $1) - ($4 - $2) }')
after=$(clock_offset "$address" smb) || after='not measured'
after_text offset "$after${way:+ s from $name, by $way}"
after_text moved "$moved s"
[ -n "$way" ] || cannot failed "neither net time nor chrony could set the clock from $name; it moved by $moved s"
out_duration moved "$moved"
answer
