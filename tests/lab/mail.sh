# shellcheck shell=bash
# Real messages: queue one, and ask where each one is. Sourced by inside.sh.
# A message is known by its Message-ID, because a queue id changes from hub to hub and is used again.

# hub_and_sender FROM: sets hub and sender from a hub's name or an address of a site.
hub_and_sender() {
  case $1 in
  *@*)
    local domain=${1#*@}
    sender=$1 hub=${hubs_of[${domain%%.*}]-}
    hub=${hub%% *}
    [[ -n $hub ]] || die "no site for the sender '$1'"
    ;;
  *)
    need "$1" hub
    hub=$1 sender=${user_of[${site_of[$1]}]}@${site_of[$1]}.$lab_domain
    ;;
  esac
}

# submit FROM TO [SUBJECT]: queues a message at a hub, prints its queue id there and its Message-ID.
submit() {
  local hub sender to=$2 subject=${3:-test} id
  hub_and_sender "$1"
  # A hub or a site as recipient stands for its user.
  [[ $to == *@* ]] || { [[ -n ${site_of[$to]-} ]] && to=${site_of[$to]}; }
  [[ $to == *@* ]] || to=${user_of[$to]-}@$to.$lab_domain
  [[ $to != @* ]] || die "no recipient '$2'"
  id="<$(date +%s%N).$RANDOM@$hub.$lab_domain>"
  printf 'From: %s\nTo: %s\nSubject: %s\nMessage-ID: %s\n\nA message of the lab.\n' "$sender" "$to" "$subject" "$id" |
    enter "$hub" sendmail -f "$sender" "$to" || return 1
  printf '%s %s\n' "$(queue_id "$hub" "$id")" "$id"
}

# The queue id that a hub gave to a message; `-` if it is not in its log within 3 s (Postfix stopped: it waits in the maildrop).
queue_id() {
  enter "$1" sh -c 'for i in $(seq 30); do
    found=$(sed -n "s/.*postfix\/cleanup\[[0-9]*\]: \([0-9A-Za-z]*\): message-id=$1\$/\1/p" /var/log/mail.log 2>/dev/null | head -1)
    [ -n "$found" ] && break
    sleep 0.1
  done; echo "${found:--}"' sh "$2"
}

# delivered [tokyo|osaka|outside..]: one line per copy in a mailbox: MESSAGE-ID MACHINE SUBJECT. Delivered twice, it is there twice.
delivered() {
  local place name names=()
  (($#)) || set -- "${sites[@]}" outside
  for place; do
    # shellcheck disable=SC2206  # a list of words
    case $place in
    tokyo | osaka) names+=(${hubs_of[$place]}) ;;
    outside) names+=(outside) ;;
    *) die "no mailboxes at '$place'; there are: ${sites[*]} outside" ;;
    esac
  done
  for name in "${names[@]}"; do
    mail_files "$name" | xargs -0 -r awk -v machine="$name" '
      function flush() { print id, machine, subject }
      FNR == 1 && NR > 1 { flush() }
      FNR == 1 { header = 1; id = "-"; subject = "" }
      header && /^$/ { header = 0 }
      header && tolower($1) == "message-id:" { id = $2 }
      header && tolower($1) == "subject:" { sub(/^[^:]*: */, ""); subject = $0 }
      END { if (NR) flush() }'
  done
}

# Mailbox files of a machine, NUL-separated, read through its disk layers so that a machine that is off can be asked too.
mail_files() {
  local root=/ pid home
  home=$(home_of "$1")
  if pid=$(init_of "$1"); then root=/proc/$pid/root; else root=$home/upper; fi
  find "$root/var/mail/v/inbox/new" "$root/var/mail/v/inbox/cur" "$root/var/mail/sink" -type f -print0 2>/dev/null
}

# queued [HUB|SITE..]: one line per message still in a hub's queue: MESSAGE-ID HUB QUEUE-ID RECIPIENT REASON.
queued() {
  local word name names=()
  (($#)) || set -- "${sites[@]}"
  for word; do
    # shellcheck disable=SC2206  # a list of words
    if [[ -n ${hubs_of[$word]-} ]]; then names+=(${hubs_of[$word]}); else
      need "$word" hub
      names+=("$word")
    fi
  done
  for name in "${names[@]}"; do
    if init_of "$name" >/dev/null; then queued_on_running "$name"; else queued_on_disk "$name"; fi
  done
}

queued_on_running() { # HUB
  enter "$1" bash -c 'postqueue -j | jq -r ".queue_id as \$q | .recipients[] | [\$q, .address, (.delay_reason // \"-\")] | @tsv" |
    while IFS=$'"'\t'"' read -r id to reason; do
      message=$(postcat -qh "$id" 2>/dev/null | sed -n "s/^Message-I[Dd]: *//p" | head -1)
      # Gone since the queue was read: delivered.
      [[ -z $message ]] || echo "$message $0 $id $to $reason"
    done' "$1"
}

# The queue of a hub that is off. All of it is on the upper layer of its disk, because the frozen one has no mail.
queued_on_disk() { # HUB
  local home spool file
  home=$(home_of "$1")
  spool=$home/upper/var/spool/postfix
  find "$spool"/{maildrop,incoming,active,deferred,hold} -type f 2>/dev/null | while read -r file; do
    postcat -c "$home/frozen/etc/postfix" -eh "$file" 2>/dev/null | awk -v hub="$1" -v id="${file##*/}" '
      $1 == "recipient:" { to = $2 }
      tolower($1) == "message-id:" { message = $2 }
      END { if (message) print message, hub, id, to, "(off)" }'
  done
}
