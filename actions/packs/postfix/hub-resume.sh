# hub.resume: puts back exactly what hub.drain found, and only that. If nobody has touched Postfix's files since, they come back byte for byte;
# otherwise only the settings that hub.drain made are taken back. Nothing kept: nothing was taken, nothing to do.
fence again
have postconf || cannot absent 'Postfix is not installed'
folder=$(postconf -h config_directory) || cannot failed 'postconf'
kept="$unjam_state/drain"
if [ ! -e "$kept" ]; then
  rm -rf "$unjam_state/drain.done"
  after_text policy 'not drained by Unjam: nothing to put back'
  answer
fi
before_text policy 'drained'

put_back() {  # FILE: the copy, in one rename
  cp -p "$kept/$1" "$folder/$1.unjam" && { sync "$folder/$1.unjam" 2>/dev/null || sync; } && mv -f "$folder/$1.unjam" "$folder/$1"
}
if [ -e "$kept/sums" ] && [ "$(cksum "$folder/main.cf" "$folder/master.cf")" = "$(cat "$kept/sums")" ]; then
  put_back main.cf && put_back master.cf || cannot failed "cannot write in $folder"
else
  while IFS= read -r service; do
    [ "$(postconf -Ph "$service/smtpd_client_restrictions" 2>/dev/null)" = '$unjam_drained' ] || continue
    former=$(postconf -c "$kept" -Ph "$service/smtpd_client_restrictions" 2>/dev/null)
    if [ -n "$former" ]; then
      said=$(postconf -P "$service/smtpd_client_restrictions=$former" 2>&1) || cannot failed "postconf: $said"
    else
      said=$(postconf -PX "$service/smtpd_client_restrictions" 2>&1) || cannot failed "postconf: $said"
    fi
  done <"$kept/services"
  said=$(postconf -X unjam_drained 2>&1) || cannot failed "postconf: $said"
fi
sync "$folder/main.cf" "$folder/master.cf" 2>/dev/null || sync
if running master; then
  said=$(timeout 30 postfix reload 2>&1) || cannot failed "postfix reload: $said"
fi
after_text policy "$(cat "$kept/policy_before")"
rm -rf "$unjam_state/drain.done"
mv "$kept" "$unjam_state/drain.done" && { sync "$unjam_state" 2>/dev/null || sync; } || cannot failed "cannot write $unjam_state"
rm -rf "$unjam_state/drain.done"
answer
