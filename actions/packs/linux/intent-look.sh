# intent.look: what came of a change whose answer did not arrive.
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
    finished)
      out_text state finished
      out_text answer "$(tail -n +2 "$record")"
      ;;
    *) cannot unreadable "$record is damaged" ;;
  esac
elif [ "$permit" = "$in_intent" ]; then # a crash between permit and record
  out_text state started
else
  out_text state absent
fi
answer
