# mail.retry: asks Postfix to try now what waits for site `to`, and nothing else. Postfix would do so by itself, later.
work_folder
timeout 20 postqueue -j >"$work/json" 2>"$work/error" || cannot failed "postqueue: $(head -c 300 "$work/error")"
sed -n 's/.*"queue_name": *"deferred".*"queue_id": *"\([0-9A-Za-z]*\)".*"address": *"[^"]*@\([^"@]*\)".*/\1 \2/p' "$work/json" >"$work/queue"
cut -d ' ' -f 2 "$work/queue" | tr 'A-Z' 'a-z' | sort -u | head -n 100 | while IFS= read -r domain; do
  route=$(mail_route "$domain")
  if [ -n "$route" ] && mail_hops "$route" "${in_to_hosts:-}"; then printf '%s\n' "$domain"; fi
done >"$work/domains"
awk -v domains="$work/domains" 'BEGIN { while ((getline d < domains) > 0) is[d] = 1 } tolower($2) in is { print $1 }' "$work/queue" >"$work/ids"
count=$(wc -l <"$work/ids")
if [ "$count" -gt 200 ]; then # one by one would take too long
  said=$(timeout 30 postqueue -f 2>&1) || cannot failed "postqueue -f: $said"
else
  done=0
  while IFS= read -r id; do # one that has gone meanwhile is no fault
    if said=$(timeout 10 postqueue -i "$id" 2>&1); then done=$((done + 1)); fi
  done <"$work/ids"
  [ "$done" -gt 0 ] || [ "$count" -eq 0 ] || cannot failed "postqueue -i: $said"
fi
after_text retried "$count messages"
answer
