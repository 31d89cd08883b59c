# ad.replicate: pulls exactly these links, one after another. It looks again first: a link that is unsafe by now, or all of them if replication has been
# switched off here, is refused. The first attempt after a repair may meet a connection that died meanwhile (64): that is tried once more.
work_folder
ad_read
[ $((ad_options & 6)) -eq 0 ] || cannot refused "replication is switched off at this controller (options $ad_options)"
own_dns=$(awk -F '\t' -v g="$ad_own" '$1 == g { print $5 }' "$work/dsas")
[ -n "$own_dns" ] || cannot unreadable 'the DNS name of this controller'
# The fields of a link are told apart by what they are, so their order does not matter.
printf '%s\n' "$in_links" | awk -F '\t' 'NF { s = ""; p = ""
  for (i = 1; i <= NF; i++) { if ($i == "true" || $i == "false" || $i ~ /^-?[0-9]+$/) continue; if (index($i, "=")) p = $i; else s = $i }
  print tolower(s) "\t" p }' >"$work/wanted"

pull() {  # SOURCE-DNS PARTITION
  timeout 45 samba-tool drs replicate "$own_dns" "$1" "$2" -P >"$work/said" 2>&1
}
: >"$work/trouble"
dead=
while IFS="$unjam_tab" read -r source partition; do
  now=$(awk -F '\t' -v s="$source" -v p="$partition" '$1 == s && $2 == p { print $3 "\t" $4 }' "$work/links")
  case $now in *false) cannot refused "the link from $source, $partition, failed with $(field "$now" 1): it must not be forced" ;; esac
done <"$work/wanted"
while IFS="$unjam_tab" read -r source partition; do
  case " $dead " in *" $source "*) continue ;; esac
  dns=$(awk -F '\t' -v s="$source" '$2 == s { print $5; exit }' "$work/dsas")
  if [ -z "$dns" ] || [ -z "$partition" ]; then
    printf '%s %s: no such link; ' "$source" "$partition" >>"$work/trouble"
    continue
  fi
  pull "$dns" "$partition"
  status=$?
  if [ "$status" -ne 0 ] && [ "$status" -ne 124 ] && grep -q "(64, '" "$work/said"; then
    sleep 1
    pull "$dns" "$partition"
    status=$?
  fi
  if [ "$status" -eq 124 ]; then dead="$dead $source"; fi # the network swallows it: the other partitions would wait as long
  [ "$status" -eq 0 ] || printf '%s, %s: %s; ' "$source" "$partition" "$(grep -m 1 ERROR "$work/said" | sed 's/.*drsException: //' | head -c 200)" >>"$work/trouble"
done <"$work/wanted"
before_text failing "$(cut -f 1-3 "$work/links" | tr '\t' ' ')"
[ ! -s "$work/trouble" ] || cannot failed "$(cat "$work/trouble")"
after_text pulled "$(cut -f 1,2 "$work/wanted" | tr '\t' ' ')"
answer
