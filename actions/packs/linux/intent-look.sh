# intent.look: what came of a change whose answer did not arrive. An intent that left no trace is made void here, under the fence's own
# lock: a late copy of it, still under way in a dead session, is then refused, so `absent` is final and the engine may send anew.
case $in_intent in '' | .* | *[!A-Za-z0-9._:-]*) cannot refused "no intent: '$in_intent'" ;; esac
unjam_v=$(unjam_machine)
[ -z "$unjam_v" ] || out_text machine "$unjam_v"
unjam_v=$(unjam_boot)
[ -z "$unjam_v" ] || out_text boot "$unjam_v"
if [ -e "$unjam_state" ] && { [ ! -x "$unjam_state" ] || [ ! -r "$unjam_state" ]; }; then cannot unreadable "$unjam_state"; fi

permit=''
if [ -e "$unjam_state/permit" ]; then
  read -r store epoch permit <"$unjam_state/permit" || cannot unreadable "$unjam_state/permit"
fi
out_text permit "$permit"
record="$unjam_state/intents/$in_intent"
if [ -e "$record" ]; then
  state=$(head -n 1 "$record") || cannot unreadable "$record"
  case $state in
    started) out_text state started ;;
    void) out_text state absent ;;
    finished)
      out_text state finished
      out_text answer "$(tail -n +2 "$record")"
      ;;
    *) cannot unreadable "$record is damaged" ;;
  esac
elif [ "$permit" = "$in_intent" ]; then # a crash between permit and record
  out_text state started
else
  mkdir -p "$unjam_state/intents" 2>/dev/null && touch "$unjam_state/lock" 2>/dev/null || cannot unreadable "cannot write $unjam_state"
  exec 9>>"$unjam_state/lock"
  flock -w 20 9 || cannot unreadable 'another call holds the lock'
  if [ -e "$record" ]; then cannot unreadable 'it began this very moment'; fi
  unjam_write "$record" void || cannot unreadable "cannot write $unjam_state"
  exec 9>&-
  out_text state absent
fi
answer
