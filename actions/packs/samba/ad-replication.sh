# ad.replication: links from other sites that fail now, per partition, as this controller recorded its last attempt (the same numbers as Windows's).
# unsafe: a code for which forcing spreads damage or is useless to judge from here; or replication was switched off at this controller by its
# option flags, inbound or outbound: that is somebody's decision. A recorded 8457 with the flag clear is the trace of an old attempt, and safe.
# 8456 speaks of the source's flag: the source is asked, since this controller's copy may be old; no answer counts as unsafe.
work_folder
ad_read
asked=
while IFS="$unjam_tab" read -r name partition code safe when guid; do
  if [ "$code" = 8456 ] && [ "$safe" = true ]; then
    line=$(grep "^$guid$unjam_tab" "$work/dsas")
    options=$(timeout 8 ldbsearch -H "ldap://$(field "$line" 5)" -P -s base -b "$(field "$line" 6)" options 2>/dev/null | sed -n 's/^options: //p')
    case $options in '' | *[!0-9]*) safe=false ;; *) [ $((options & 4)) -eq 0 ] || safe=false ;; esac
  fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$partition" "$code" "$safe"
done <"$work/links" >"$work/judged"
out_records failing 'source:text partition:text code:int safe:bool' "$(cat "$work/judged")"
if [ $((ad_options & 6)) -ne 0 ] || grep -q "${unjam_tab}false\$" "$work/judged"; then out_bool unsafe true; else out_bool unsafe false; fi
answer
