# mail.queues: what is stuck on the way to site `to`, and why; and whether mail inside the site and to outside moves.
# A message is stuck if it waits and its last attempt failed. Where it goes is known from the server that its last attempt names, or else
# from transport_maps. The queue keeps only the last tried hub's reason; what the others said is in the log.
work_folder
timeout 20 postqueue -j >"$work/json" 2>"$work/error" || cannot unreadable "postqueue: $(head -c 300 "$work/error")"
mail_log >"$work/log" || cannot unreadable 'the mail log'

# Queue: lines id TAB queue TAB recipient TAB reason. JSON strings are found one by one; a string before a colon is a key.
awk '
  function plain(s) { gsub(/\\[nrtu"\\\/bf]/, " ", s); gsub(/\t/, " ", s); return s }
  function flush_one() { if (address != "") print id "\t" queue "\t" tolower(address) "\t" reason; address = ""; reason = "" }
  { rest = $0; key = ""; id = ""; queue = ""; address = ""; reason = ""
    while (match(rest, /"([^"\\]|\\.)*"/)) {
      text = substr(rest, RSTART + 1, RLENGTH - 2); rest = substr(rest, RSTART + RLENGTH)
      if (rest ~ /^[ ]*:/) { key = text; continue }
      if (key == "queue_name") queue = text
      else if (key == "queue_id") id = text
      else if (key == "address") { flush_one(); address = plain(text) }
      else if (key == "delay_reason") reason = plain(text)
      key = ""
    }
    flush_one() }' "$work/json" >"$work/queue"

# Log: per message what its newest attempt came to (`deferred`, `sent`, ...) and every reason of that attempt. An attempt begins when the
# queue manager makes the message active.
awk -v queue="$work/queue" '
  BEGIN { FS = "\t"; while ((getline line < queue) > 0) { split(line, f, "\t"); wanted[f[1]] = 1 } FS = " " }
  match($0, / postfix[^ ]*\/(smtp|relay|lmtp|virtual|local|pipe|error|qmgr)\[[0-9]+\]: [0-9A-Za-z]+: /) {
    head = substr($0, RSTART, RLENGTH); rest = substr($0, RSTART + RLENGTH)
    id = head; sub(/: $/, "", id); sub(/.* /, "", id)
    if (!(id in wanted)) next
    if (head ~ /\/qmgr/) { if (rest ~ /\(queue active\)/) { said[id] = ""; result[id] = "" } ; next }
    gsub(/\t/, " ", rest)
    if (match(rest, /status=[a-z]+/)) { result[id] = substr(rest, RSTART + 7, RLENGTH - 7); if (match(rest, /\(.*\)$/)) { why[id] = substr(rest, RSTART + 1, RLENGTH - 2); result_of[id] = result[id] } }
    else if (rest ~ /SASL authentication failed|TLS|refused|timed out|not found/) said[id] = said[id] " ;; " rest
  }
  END { for (id in wanted) print id "\t" result_of[id] "\t" why[id] "\t" said[id] }' "$work/log" >"$work/attempts"

# Where each domain's mail goes: to (the site), inside (this hub's own), relay (another internal place), outside.
cut -f 3 "$work/queue" | sed 's/.*@//' | sort -u | head -n 100 >"$work/domains"
mail_route_kind() {
  if mail_listed "$1" mydestination || mail_listed "$1" virtual_mailbox_domains || mail_listed "$1" virtual_alias_domains; then
    echo inside
  else
    unjam_route=$(mail_route "$1")
    if [ -n "$unjam_route" ] && mail_hops "$unjam_route" "${in_to_hosts:-}"; then echo to
    elif mail_listed "$1" relay_domains; then echo relay
    else echo outside; fi
  fi
}
# Domains of the newest attempts that the log knows, for traffic that is not in the queue any more.
awk 'match($0, / to=<[^>]*>/) && / status=/ { a = tolower(substr($0, RSTART + 5, RLENGTH - 6)); sub(/.*@/, "", a); seen[a] = NR }
  END { for (d in seen) print seen[d] "\t" d }' "$work/log" | sort -rn | head -n 40 | cut -f 2 >>"$work/domains"
sort -u "$work/domains" | while IFS= read -r domain; do
  [ -z "$domain" ] || printf '%s\t%s\n' "$domain" "$(mail_route_kind "$domain")"
done >"$work/kinds"

printf '%s\n' "${in_to_hosts:-}" | cut -f 1,2 >"$work/hosts"
awk -F '\t' -v kinds="$work/kinds" -v hosts="$work/hosts" -v attempts="$work/attempts" '
  function fault_of(r,   t) {
    t = tolower(r); gsub(/[a-z0-9._-]+\[[0-9a-f.:]+\](:[0-9]+)?/, "", t); gsub(/name=[^ ]+/, "", t)
    if (t ~ /drained for maintenance/) return "unreachable"
    if (t ~ /(^|[^a-z])(start)?tls([^a-z]|$)|certificate|ssl_/) return "tls"
    if (t ~ /name service error|host or domain name not found|host not found/) return "dns"
    if (t ~ /no mechanism available/) return "other"
    if (t ~ /temporary authentication failure|authentication failed|cannot authenticate to server/) return "auth"
    if (t ~ /authorization failure|not authorized|relay access denied|access denied|5\.7\.1 /) return "authorization"
    if (t ~ /connection refused|timed out|no route to host|network is unreachable|host is unreachable|lost connection|connection reset|connect to/) return "unreachable"
    if (t ~ /said: [45]|refused to talk/) return "refused"
    return "other"
  }
  function names_site(r,   h) { for (h in address) if (index(r, "[" h "]")) return 1
    r = tolower(r); for (h in name) if (r ~ ("(^|[^a-z0-9.-])" h "[.[]")) return 1
    return 0 }
  BEGIN {
    while ((getline line < kinds) > 0) { split(line, f, "\t"); kind[f[1]] = f[2] }
    while ((getline line < hosts) > 0) { split(line, f, "\t"); if (f[2] != "") address[f[2]] = 1; n = tolower(f[1]); sub(/\..*/, "", n); if (n ~ /^[a-z0-9-]+$/) name[n] = 1 }
    while ((getline line < attempts) > 0) { split(line, f, "\t"); result[f[1]] = f[2]; why[f[1]] = f[3]; said[f[1]] = f[4] }
  }
  $2 == "hold" { next }
  { id = $1; domain = $3; sub(/.*@/, "", domain); reason = $4
    if (reason == "" && (result[id] == "deferred" || result[id] == "bounced")) reason = why[id]
    if (reason == "") next                                        # not tried yet, or its last attempt did not fail
    where = kind[domain] == "inside" ? "inside" : names_site(reason) ? "to" : kind[domain] == "" ? "outside" : kind[domain]
    fault = fault_of(reason)
    if (where == "relay") where = fault == "auth" ? "elsewhere" : "inside"   # another site with the same trouble is not this question
    if (where == "inside") inside_bad = 1
    if (where == "outside") outbound_bad = 1
    if (where != "to") next
    m = split(said[id], part, " ;; ")
    for (i = 1; i <= m; i++) if (part[i] ~ /[^ ]/) { f2 = fault_of(part[i])
      if (fault == "unreachable" && f2 == "auth") fault = "auth"     # one hub is away, the others refuse: that is what keeps the mail here
      else if (fault == "auth" && f2 != "auth" && f2 != "unreachable") fault = f2 }
    if (!(id in of)) { order[++stuck] = id; of[id] = fault } else if (of[id] == "auth" && fault != "auth") of[id] = fault
  }
  END {
    best = "none"
    for (i = 1; i <= stuck; i++) { count[of[order[i]]]++ }
    if (stuck > 0 && count["auth"] == stuck) best = "auth"
    else for (f3 in count) if (f3 != "auth" && (best == "none" || count[f3] > count[best])) best = f3
    print "stuck\t" stuck + 0; print "fault\t" best; print "inside\t" inside_bad + 0; print "outbound\t" outbound_bad + 0
    for (i = 1; i <= stuck; i++) print "id\t" order[i]
  }' "$work/queue" >"$work/result" || cannot failed 'the queue could not be judged'

# The newest attempt of each way, as the log has it: an expired or bounced message leaves the queue and is a failure all the same; a wrong
# mailbox name (5.1.x, 5.2.x) is the sender's mistake.
awk -F '\t' -v log_file="$work/log" '{ kind[$1] = $2 } END {
    while ((getline line < log_file) > 0) {
      if (line !~ / status=(sent|deferred|bounced|expired)/ || !match(line, / to=<[^>]*>/)) continue
      d = tolower(substr(line, RSTART + 5, RLENGTH - 6)); sub(/.*@/, "", d); k = kind[d]
      if (k != "inside" && k != "outside") continue
      bad[k] = line ~ / status=(bounced|expired)/ && line !~ / dsn=5\.[12]\./ ? 1 : 0
      # a deferred message that has gone from the queue was delivered or bounced later; one that waits is judged by the queue
    }
    print "inside_log\t" bad["inside"] + 0; print "outbound_log\t" bad["outside"] + 0
  }' "$work/kinds" >>"$work/result"

result() { sed -n "s/^$1$unjam_tab//p" "$work/result"; }
out_int stuck "$(result stuck)"
out_text fault "$(result fault)"
out_list ids "$(result id)"
if [ "$(result inside)$(result inside_log)" = 00 ]; then out_bool inside_ok true; else out_bool inside_ok false; fi
if [ "$(result outbound)$(result outbound_log)" = 00 ]; then out_bool outbound_ok true; else out_bool outbound_ok false; fi
answer
