# mail.fate: what became of these messages. open: still in the queue. lost: bounced or expired for any recipient, deleted by hand, or no trace left
# although the log could be read.
work_folder
case $in_ids in *[!0-9A-Za-z"$unjam_newline"]*) cannot refused 'these are no queue ids' ;; esac
printf '%s\n' "$in_ids" | sort -u | sed '/^$/d' >"$work/ids"
if [ ! -s "$work/ids" ]; then
  out_int open 0
  out_int lost 0
  answer
fi
timeout 20 postqueue -j >"$work/json" 2>"$work/error" || cannot unreadable "postqueue: $(head -c 300 "$work/error")"
mail_log >"$work/log" || cannot unreadable 'the mail log'
sed -n 's/.*"queue_id": *"\([0-9A-Za-z]*\)".*/\1/p' "$work/json" >"$work/queued"
awk -v ids="$work/ids" -v queued="$work/queued" '
  BEGIN { while ((getline i < ids) > 0) want[i] = 1; while ((getline i < queued) > 0) open[i] = 1 }
  match($0, / postfix[^ ]*\/[a-z-]+\[[0-9]+\]: [0-9A-Za-z]+: /) {
    head = substr($0, RSTART, RLENGTH); rest = substr($0, RSTART + RLENGTH); id = head; sub(/: $/, "", id); sub(/.* /, "", id)
    if (!(id in want)) next
    if (match(rest, /^to=<[^>]*>/)) to = substr(rest, RSTART, RLENGTH); else to = ""
    if (head ~ /\/cleanup/ && rest ~ /^message-id=/) { sent[id] = 0; bad[id] = 0 }   # the id is used anew: what came before was another message
    else if (rest ~ /status=sent/) sent[id] = 1
    else if (rest ~ /status=(bounced|expired)/) bad[id] = 1
    else if (head ~ /\/postsuper/ && rest ~ /^removed/) bad[id] = 1
  }
  END { for (i in want) if (i in open) o++; else if (bad[i] || !sent[i]) l++
    print o + 0; print l + 0 }' "$work/log" >"$work/result" || cannot failed 'the mail log could not be judged'
out_int open "$(sed -n 1p "$work/result")"
out_int lost "$(sed -n 2p "$work/result")"
answer
