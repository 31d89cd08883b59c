# hub.flag: a mark for people and other tools that Unjam has this hub in hand: the file /var/lib/unjam/flag. It changes nothing else.
fence again
mkdir -p "$unjam_state" || cannot failed "cannot write $unjam_state"
if [ -e "$unjam_state/flag" ]; then before_text flag "$(cat "$unjam_state/flag")"; else before_text flag 'none'; fi
[ -e "$unjam_state/flag" ] || unjam_write "$unjam_state/flag" "in the hand of Unjam${fence_intent:+, intent $fence_intent}" ||
  cannot failed "cannot write $unjam_state/flag"
after_text flag "$(cat "$unjam_state/flag")"
answer
