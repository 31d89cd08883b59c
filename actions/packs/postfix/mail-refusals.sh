# mail.refusals: sessions from the hubs `of` that ended without authentication. With a skewed clock the receiver refuses the AUTH (535, auth=0/1);
# with stale tickets the sender gives up before it, and a session without AUTH is all that the receiver sees (ehlo=1 quit=1). A session that failed
# at TLS, or that delivered mail, is none of these.
# `last` names the newest such record: a checksum of its text (time, process, counts), with a number for lines that are alike. It survives rotation
# of the log and steps of the clock; equal means that nothing came after it. `within` is counted back from the newest line of this log.
work_folder
mail_log >"$work/log" || cannot unreadable 'the mail log'
printf '%s\n' "$in_of" | cut -f 2 | grep -v '^$' >"$work/addresses" || cannot refused 'no addresses of sending hubs were given'

awk -v addresses="$work/addresses" -v within="$in_within" '
  # Seconds in a year of 366 days: enough to compare two lines of one log. 2026-11-24T02:13:07 or Nov 24 02:13:07.
  function seconds(   m, d, t) {
    if ($0 ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/) { m = substr($0, 6, 2) + 0; d = substr($0, 9, 2); t = substr($0, 12, 8) }
    else { m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", substr($0, 1, 3)) + 2) / 3; d = substr($0, 5, 2); t = substr($0, 8, 8) }
    return (before[m] + d) * 86400 + substr(t, 1, 2) * 3600 + substr(t, 4, 2) * 60 + substr(t, 7, 2)
  }
  BEGIN {
    while ((getline line < addresses) > 0) of[line] = 1
    split("31 29 31 30 31 30 31 31 30 31 30 31", days, " "); for (i = 2; i <= 12; i++) before[i] = before[i - 1] + days[i - 1]
  }
  { newest = seconds() }
  match($0, / postfix[^ ]*\/smtpd\[[0-9]+\]: disconnect from [^ ]*\[[0-9a-fA-F.:]+\] /) {
    a = substr($0, RSTART, RLENGTH); sub(/.*\[/, "", a); sub(/\] $/, "", a)
    if (!(a in of)) next
    counts = " " substr($0, RSTART + RLENGTH) " "
    if (counts !~ / (ehlo|helo)=[1-9]/ || counts ~ / auth=[1-9]/ || counts ~ / data=[1-9]/ || counts ~ / starttls=0/) next
    n++; at[n] = newest; who[n] = a; text = $0; same = text == last_text ? same + 1 : 0; last_text = text
  }
  END {
    for (i = 1; i <= n; i++) { age = newest - at[i]; if (age < -86400 * 180) age += 86400 * 366
      if (age * 1000 <= within && !(who[i] in done)) { done[who[i]] = 1; print "source\t" who[i] } }
    if (n) { print "same\t" same % 1000; print "text\t" last_text }
  }' "$work/log" >"$work/result" || cannot failed 'the mail log could not be judged'

out_list sources "$(sed -n "s/^source$unjam_tab//p" "$work/result")"
text=$(sed -n "s/^text$unjam_tab//p" "$work/result")
if [ -n "$text" ]; then
  sum=$(printf '%s' "$text" | cksum | cut -d ' ' -f 1)
  out_int last $((sum * 1000 + $(sed -n "s/^same$unjam_tab//p" "$work/result") + 1))
else
  out_int last 0
fi
answer
