# host.boot: identity, boot id, last permitted intent. Needs no root, unless the permit's folder is closed to this user.
unjam_v=$(unjam_machine)
[ -z "$unjam_v" ] || out_text machine "$unjam_v"
unjam_v=$(unjam_boot)
[ -z "$unjam_v" ] || out_text boot "$unjam_v"
if [ ! -e "$unjam_state" ]; then
  out_text permit ''
elif [ -x "$unjam_state" ]; then
  if [ -r "$unjam_state/permit" ]; then
    read -r store epoch intent <"$unjam_state/permit" && out_text permit "$intent"
  elif [ ! -e "$unjam_state/permit" ]; then
    out_text permit ''
  fi
fi
read -r up rest <"$unjam_root/proc/uptime" && out_duration up "$up"
answer
