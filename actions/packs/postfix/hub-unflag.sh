# hub.unflag: takes the mark of hub.flag away.
fence again
if [ -e "$unjam_state/flag" ]; then before_text flag "$(cat "$unjam_state/flag")"; else before_text flag 'none'; fi
rm -f "$unjam_state/flag" && { [ ! -e "$unjam_state" ] || sync "$unjam_state" 2>/dev/null || sync; } || cannot failed "cannot remove $unjam_state/flag"
after_text flag 'none'
answer
