# Shared functions of all sh scripts; see PROTOCOL.md. POSIX sh (dash), coreutils, awk (mawk too), base64. Sourced by being sent in front.
LC_ALL=C
LANG=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL LANG PATH
umask 077
set -u

unjam_root=''  # tests put these under a folder of their own
unjam_state=/var/lib/unjam
unjam_machine_file=/etc/machine-id
unjam_boot_file=/proc/sys/kernel/random/boot_id
unjam_most=10000        # items of a list
unjam_most_records=200  # intents that are remembered
unjam_lock_wait=20      # seconds
unjam_tab='	'
unjam_newline='
'
unjam_plain='A-Za-z0-9._:@/+,=-'  # in a pattern: characters that need no care in JSON, in the shell, in a file's name but for /
unjam_outputs='' unjam_before='' unjam_after='' unjam_recording=''

unjam_b64() { printf '%s' "$1" | base64 -d; }
have() { command -v "$1" >/dev/null 2>&1; }
note() { printf '%s\n' "$*" >&2; }

# awk: esc(s) is s inside a JSON string. Bytes that are not UTF-8 become U+FFFD.
unjam_awk='
function esc(s,   out, i, n, c, o, k, lo, hi, ok, j, p) {
  if (s ~ /^[ !#-Z^-~]*$/) return s
  if (!unjam_ready) { for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i; unjam_ready = 1 }
  n = length(s); out = ""
  for (i = 1; i <= n; i++) {
    c = substr(s, i, 1); o = ord[c]
    if (c == "\"" || c == "\\") { out = out "\\" c; continue }
    if (o < 32 || o == 127) { out = out sprintf("\\u%04x", o); continue }
    if (o < 128) { out = out c; continue }
    k = 0; lo = 128; hi = 191
    if (o >= 194 && o <= 223) k = 1
    else if (o >= 224 && o <= 239) { k = 2; if (o == 224) lo = 160; if (o == 237) hi = 159 }
    else if (o >= 240 && o <= 244) { k = 3; if (o == 240) lo = 144; if (o == 244) hi = 143 }
    ok = k > 0 && i + k <= n
    for (j = 1; ok && j <= k; j++) {
      p = ord[substr(s, i + j, 1)]
      if (p < lo || p > hi) ok = 0
      lo = 128; hi = 191
    }
    if (!ok) { out = out "\\ufffd"; continue }
    out = out substr(s, i, k + 1); i += k
  }
  return out
}
function typed(v, t) {  # v as JSON of type t, "" if it is not one
  if (t == "int") return v ~ /^-?(0|[1-9][0-9]*)$/ ? v : ""
  if (t == "double") return v ~ /^-?(0|[1-9][0-9]*)\.[0-9]+$/ ? v : (v ~ /^-?(0|[1-9][0-9]*)$/ ? v ".0" : "")
  if (t == "bool") return v == "true" || v == "false" ? v : ""
  if (t == "duration") return v ~ /^[+-]?[0-9]+(\.[0-9]+)?$/ ? "\"" (substr(v, 1, 1) == "+" ? substr(v, 2) : v) "s\"" : ""
  return "\"" esc(v) "\""
}'

# The value as JSON text, line breaks kept.
unjam_string() {
  printf '%sx' "$1" | tr -d '\000' | awk "$unjam_awk"'
    NR > 1 { s = s "\\n" } { s = s esc($0) } END { print "\"" substr(s, 1, length(s) - 1) "\"" }'
}

unjam_put() {  # outputs|before|after NAME JSON
  case $1 in
    outputs) unjam_outputs="$unjam_outputs${unjam_outputs:+,}\"$2\":$3" ;;
    before) unjam_before="$unjam_before${unjam_before:+,}\"$2\":$3" ;;
    after) unjam_after="$unjam_after${unjam_after:+,}\"$2\":$3" ;;
  esac
}
unjam_typed() {  # NAME VALUE TYPE
  case $3:$2 in
    bool:true | bool:false | int:0) unjam_put outputs "$1" "$2" && return ;;
    *:*[!0-9.]* | *:*.*.* | *:.* | *:*. | *: | int:0* | int:*.*) ;;
    int:*) unjam_put outputs "$1" "$2" && return ;;
    duration:*) unjam_put outputs "$1" "\"$2s\"" && return ;;
  esac
  unjam_v=$(printf '%s\n' "$2" | awk -v t="$3" "$unjam_awk"' NR == 1 { print typed($0, t) }')
  if [ -n "$unjam_v" ]; then unjam_put outputs "$1" "$unjam_v"; else note "output $1 left out: '$2' is no $3"; fi
}

out_int() { unjam_typed "$1" "$2" int; }
out_double() { unjam_typed "$1" "$2" double; }
out_bool() { unjam_typed "$1" "$2" bool; }
out_duration() { unjam_typed "$1" "$2" duration; }
# Plain values start no other process: hosts are read again and again.
unjam_text() {  # outputs|before|after NAME VALUE
  case $3 in
    *[!\ $unjam_plain]*) unjam_put "$1" "$2" "$(unjam_string "$3")" ;;
    *) unjam_put "$1" "$2" "\"$3\"" ;;
  esac
}
out_text() { unjam_text outputs "$@"; }
before_text() { unjam_text before "$@"; }
after_text() { unjam_text after "$@"; }

out_list() {
  unjam_put outputs "$1" "$(printf '%s\n' "$2" | tr -d '\000' | awk -v most="$unjam_most" "$unjam_awk"'
    $0 != "" && n < most { printf "%s\"", n++ ? "," : "["; printf "%s", esc($0); printf "\"" } END { print n ? "]" : "[]" }')"
}
out_records() {
  unjam_put outputs "$1" "$(printf '%s\n' "$3" | tr -d '\000' | awk -F '\t' -v spec="$2" -v most="$unjam_most" "$unjam_awk"'
    BEGIN { m = split(spec, f, " "); for (i = 1; i <= m; i++) { split(f[i], p, ":"); name[i] = p[1]; type[i] = p[2] } }
    $0 != "" && n < most {
      printf "%s{", n++ ? "," : "["; sep = ""
      for (i = 1; i <= m; i++) { v = typed($i, type[i]); if (v == "") continue; printf "%s\"%s\":", sep, name[i]; printf "%s", v; sep = "," }
      printf "}"
    } END { print n ? "]" : "[]" }')"
}
out_map_duration() {
  unjam_put outputs "$1" "$(printf '%s\n' "$2" | tr -d '\000' | awk -F '\t' -v most="$unjam_most" "$unjam_awk"'
    $1 != "" && n < most { v = typed($2, "duration"); if (v == "") next
      printf "%s\"%s\":%s", n++ ? "," : "{", esc($1), v } END { print n ? "}" : "{}" }')"
}

unjam_join() {  # the words without what was between them, in $unjam_body
  unjam_ifs=$IFS IFS=
  unjam_body="$*"
  IFS=$unjam_ifs
}
unjam_frame() {  # JSON: recorded if this call is fenced, then printed; ends the script
  unjam_body=$(printf '%s' "$1" | base64)
  unjam_join $unjam_body
  [ -z "$unjam_recording" ] || unjam_record "finished
$unjam_body" || note 'the answer could not be recorded'
  printf 'UNJAM-BEGIN %s\n%s\nUNJAM-END %s %s\n' "$unjam_token" "$unjam_body" "$unjam_token" "${#unjam_body}"
  exit 0
}
answer() { unjam_frame "{\"outputs\":{$unjam_outputs},\"before\":{$unjam_before},\"after\":{$unjam_after}}"; }
cannot() {
  unjam_kind=$1
  shift
  unjam_frame "{\"error\":{\"kind\":\"$unjam_kind\",\"text\":$(unjam_string "$(printf '%s' "$*" | head -c 2000)")}}"
}

# ---- looking at this host and at others

field() { printf '%s\n' "$1" | cut -f "$2"; }  # HOST-LINE N: 1 name, 2 address, 3 site, 4 role
running() {  # NAME: whether a process of this name runs (no pgrep on small systems)
  for unjam_v in "$unjam_root/proc/"[0-9]*/comm; do
    read -r unjam_comm <"$unjam_v" && [ "$unjam_comm" = "$1" ] && return 0
  done 2>/dev/null
  return 1
}
work_folder() {  # sets $work, an empty folder that goes when the script ends
  work=$(mktemp -d) || cannot failed 'cannot make a temporary folder'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
}
tcp_open() {  # ADDRESS PORT: 0 open, 1 not, 2 no tool to look with. perl-base is essential on Debian.
  if have perl; then
    timeout 8 perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Proto => "tcp", Timeout => 3) ? 0 : 1)' "$1" "$2"
    [ $? -eq 0 ]
  elif have nc; then
    timeout 5 nc -z -w 3 "$1" "$2" >/dev/null 2>&1
  elif have openssl; then
    timeout 5 openssl s_client -connect "$1:$2" </dev/null 2>/dev/null | grep -q '^CONNECTED'
  else
    return 2
  fi
}

smtp_hello() {  # ADDRESS: the lines of greeting and EHLO at port 25, each cut to 200 characters; 1 nobody answers, 2 no tool to look with
  have perl || return 2
  timeout 25 perl -MIO::Socket::INET -e '
    $SIG{ALRM} = sub { exit 1 }; $| = 1; alarm 20;
    my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 25, Proto => "tcp", Timeout => 8) or exit 1;
    my $b = "";
    sub line {
      length $b < 8192 && sysread $s, $b, 4096, length $b or exit 1 while $b !~ /\n/;
      $b =~ s/^([^\r\n]*).*\n//;
      substr $1, 0, 200
    }
    sub reply { for (1 .. 60) { my $l = line(); print "$l\n"; return if $l !~ /^\d\d\d-/ } }
    reply(); syswrite $s, "EHLO unjam.probe.invalid\r\n"; reply(); syswrite $s, "QUIT\r\n"' "$1" 2>/dev/null
}
answer_offers() {  # KERBEROS TLS: mail.offers of the host, from patterns of the lines that stand for a login by Kerberos and for TLS; ends the script
  unjam_said=$(smtp_hello "$(field "$unjam_self" 2)")
  case $? in
    0) ;;
    2) cannot unreadable 'perl is not installed on this machine' ;;
    *) out_bool answers false; answer ;;
  esac
  out_bool answers true
  # A firewall that inspects SMTP overwrites the greeting, and the verbs that it does not know.
  for unjam_v in "kerberos $1" "tls $2" 'altered ^220[- ][*]{4}|^250[- ]X{4}'; do
    if printf '%s\n' "$unjam_said" | grep -qiE "${unjam_v#* }"; then out_bool "${unjam_v%% *}" true; else out_bool "${unjam_v%% *}" false; fi
  done
  out_list said "$unjam_said"
  answer
}

# Clock samples: lines `offset uncertainty` in seconds; offset is this host minus the other.
ntp_sample() {  # ADDRESS. ntpdate of ntpsec and of ntp write differently; both print what is to be added to this clock.
  timeout 5 ntpdate -q "$1" 2>/dev/null | awk '
    !done && / \+\/- / { for (i = 2; i < NF; i++) if ($i == "+/-") { printf "%.6f %.6f\n", -$(i - 1), $(i + 1); done = 1; exit } }
    !done && /offset .*delay / { for (i = 1; i < NF; i++) { if ($i == "offset") o = $(i + 1) + 0; if ($i == "delay") d = $(i + 1) + 0 }
      if (d > 0) { printf "%.6f %.6f\n", -o, d / 2; done = 1; exit } }'
}
smb_sample() {  # ADDRESS: needs no login; whole seconds, cut off
  have net || return 1
  unjam_l1=$(date +%s.%N)
  unjam_v=$(TZ=UTC0 timeout 6 net time system -S "$1" 2>/dev/null) || return 1
  unjam_l2=$(date +%s.%N)
  case $unjam_v in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].[0-9][0-9]) ;; *) return 1 ;; esac
  unjam_v=$(printf '%s\n' "$unjam_v" | sed 's/^\(..\)\(..\)\(..\)\(..\)\(....\)\.\(..\)$/\5-\1-\2 \3:\4:\6/')
  unjam_v=$(date -u -d "$unjam_v" +%s) || return 1
  printf '%s %s %s\n' "$unjam_l1" "$unjam_l2" "$unjam_v" | awk '{ lo = $1 - $3 - 1; hi = $2 - $3; printf "%.6f %.6f\n", (lo + hi) / 2, (hi - lo) / 2 }'
}
clock_offset() {  # ADDRESS [smb]: median of three samples, moved away from 0 by its uncertainty; fails if there are not three
  unjam_way=ntp_sample
  unjam_first=
  if have ntpdate; then unjam_first=$(ntp_sample "$1"); fi
  if [ -z "$unjam_first" ] && [ "${2:-}" = smb ]; then
    unjam_way=smb_sample
    unjam_first=$(smb_sample "$1") || return 1
  fi
  [ -n "$unjam_first" ] || return 1
  { printf '%s\n' "$unjam_first" && "$unjam_way" "$1" && "$unjam_way" "$1"; } | sort -n | awk '
    { o[NR] = $1; if ($2 > u) u = $2 }
    END { if (NR != 3) exit 1; u += (o[3] - o[1]) / 2; printf "%.6f\n", o[2] < 0 ? o[2] - u : o[2] + u }'
}

unjam_id() {  # FILE: its first line, without what no id has
  IFS= read -r unjam_w 2>/dev/null <"$1" || [ -n "$unjam_w" ] || return 0
  case $unjam_w in
    *[!A-Za-z0-9._:-]*) printf '%s' "$unjam_w" | tr -cd 'A-Za-z0-9._:-' ;;
    *) printf '%s' "$unjam_w" ;;
  esac
}
unjam_machine() { unjam_id "$unjam_machine_file"; }
unjam_boot() { unjam_id "$unjam_boot_file"; }

unjam_write() {  # FILE TEXT: durable; whole or not at all
  rm -f "$1.new"
  (set -C; printf '%s\n' "$2" >"$1.new") 2>/dev/null || return 1
  [ "$(cat "$1.new")" = "$2" ] && { sync "$1.new" 2>/dev/null || sync; } && mv -f "$1.new" "$1" &&
    { sync "${1%/*}" 2>/dev/null || sync; }
}
unjam_record() { unjam_write "$unjam_state/intents/$fence_intent" "$1"; }

unjam_prune() {  # under the lock; `order` lists the intents as they were written
  printf '%s\n' "$fence_intent" >>"$unjam_state/order"
  unjam_extra=$(($(wc -l <"$unjam_state/order") - unjam_most_records))
  [ "$unjam_extra" -gt 0 ] || return 0
  head -n "$unjam_extra" "$unjam_state/order" | while read -r unjam_old; do
    case $unjam_old in '' | .* | *[!A-Za-z0-9._:-]*) ;; *) rm -f "$unjam_state/intents/$unjam_old" ;; esac
  done
  tail -n "$unjam_most_records" "$unjam_state/order" >"$unjam_state/order.new" && mv -f "$unjam_state/order.new" "$unjam_state/order"
}

fence() {  # [again]
  [ "${1:-}" != again ] || [ -n "${fence_intent:-}" ] || return 0
  for unjam_v in "${fence_store:-}" "${fence_epoch:-}" "${fence_intent:-}" "${fence_machine:-}" "${fence_boot:-}"; do
    case $unjam_v in '' | .* | *[!A-Za-z0-9._:-]*) cannot refused "fence: none or malformed: '$unjam_v'" ;; esac
    [ "${#unjam_v}" -le 128 ] || cannot refused 'fence: too long'
  done
  case $fence_epoch in *[!0-9]*) cannot refused "fence: epoch '$fence_epoch' is no number" ;; esac
  unjam_v=$(unjam_machine)
  [ -n "$unjam_v" ] || cannot refused 'fence: machine: this host has no machine id'
  [ "$unjam_v" = "$fence_machine" ] || cannot refused "fence: machine: this is $unjam_v, not $fence_machine"
  if [ "${1:-}" != again ]; then
    unjam_v=$(unjam_boot)
    [ "$unjam_v" = "$fence_boot" ] || cannot refused "fence: boot: this host runs $unjam_v, not $fence_boot"
  fi
  have flock || cannot failed 'fence: flock (util-linux) is not installed'
  mkdir -p "$unjam_state/intents" 2>/dev/null && touch "$unjam_state/lock" 2>/dev/null ||
    cannot failed "fence: cannot write $unjam_state (is this root?)"
  exec 9>>"$unjam_state/lock"
  flock -w "$unjam_lock_wait" 9 || cannot failed 'fence: another call holds the lock'
  unjam_permit_store='' unjam_permit_epoch=0 unjam_permit_intent=''
  if [ -e "$unjam_state/permit" ]; then
    read -r unjam_permit_store unjam_permit_epoch unjam_permit_intent <"$unjam_state/permit" || unjam_permit_epoch=''
    case $unjam_permit_epoch in '' | *[!0-9]*) cannot failed "fence: $unjam_state/permit is damaged" ;; esac
    [ "$unjam_permit_store" = "$fence_store" ] ||
      cannot refused "fence: store: the permit is of $unjam_permit_store, not of $fence_store; a person must adopt this host"
    [ "$unjam_permit_epoch" -le "$fence_epoch" ] ||
      cannot refused "fence: epoch: the permit has $unjam_permit_epoch, this call $fence_epoch"
  fi
  if [ "$(head -n 1 "$unjam_state/intents/$fence_intent" 2>/dev/null)" = void ]; then
    cannot refused "fence: intent: $fence_intent was made void by a look"
  fi
  # Only the latest may come again: a copy of an earlier drain would undo what was done since.
  if [ -e "$unjam_state/intents/$fence_intent" ] && [ "$unjam_permit_intent" != "$fence_intent" ]; then
    cannot refused "fence: intent: $fence_intent is over: another one has been let through since"
  fi
  if [ "${1:-}" != again ]; then
    [ "$unjam_permit_intent" != "$fence_intent" ] && [ ! -e "$unjam_state/intents/$fence_intent" ] ||
      cannot refused "fence: intent: $fence_intent was begun before"
  fi
  unjam_write "$unjam_state/permit" "$fence_store $fence_epoch $fence_intent" || cannot failed "fence: cannot write $unjam_state/permit"
  if [ ! -e "$unjam_state/intents/$fence_intent" ]; then unjam_prune; fi
  unjam_record started || cannot failed "fence: cannot write $unjam_state/intents"
  exec 9>&-
  unjam_recording=1
}

# ---- Postfix: its log, and where mail goes

mail_log() {  # [BYTES]: the newest BYTES of the mail log, rotated-out part first; fails if there is none to read
  unjam_bytes=${1:-33554432}
  unjam_v=$(postconf -h maillog_file 2>/dev/null)
  case $unjam_v in
    /dev/*) return 1 ;;
    '') for unjam_v in "$unjam_root/var/log/mail.log" "$unjam_root/var/log/maillog" ''; do [ ! -r "$unjam_v" ] || break; done ;;
  esac
  if [ -n "$unjam_v" ]; then
    [ -r "$unjam_v" ] || return 1
    { [ ! -r "$unjam_v.1" ] || cat "$unjam_v.1"; cat "$unjam_v"; } | tail -c "$unjam_bytes"
  elif have journalctl && [ -d "$unjam_root/run/systemd/system" ]; then
    timeout 30 journalctl -q --no-pager -o short SYSLOG_FACILITY=2 -n 100000 | tail -c "$unjam_bytes"
  else
    return 1
  fi
}
mail_split() {  # a Postfix list as lines: separated by blanks or commas, braces keep together
  printf '%s\n' "$1" | awk '{ n = length($0); w = ""
    for (i = 1; i <= n; i++) { c = substr($0, i, 1)
      if (c == "{") d++; if (c == "}") d--
      if (d == 0 && c ~ /[ ,\t]/) { if (w != "") print w; w = "" } else if (w != "" || c !~ /[ \t]/) w = w c }
    if (w != "") print w; w = "" }' | awk '/:$/ { held = $0; next } { print held $0; held = "" }'
}
mail_listed() {  # DOMAIN PARAMETER: whether the domain is in that list, tables included
  mail_split "$(postconf -xh "$2" 2>/dev/null)" | {
    while IFS= read -r unjam_entry; do
      case $unjam_entry in
        "$1") exit 0 ;;
        !*) ;;
        /*) [ ! -r "$unjam_entry" ] || ! tr ' ,\t' '\n' <"$unjam_entry" | grep -qxF "$1" || exit 0 ;;
        static:*) exit 0 ;;
        *:*) [ -z "$(timeout 5 postmap -q "$1" "$unjam_entry" 2>/dev/null)" ] || exit 0 ;;
      esac
    done
    exit 1
  }
}
mail_route() {  # DOMAIN: what transport_maps says, `transport:nexthop`; nothing if it says nothing
  unjam_maps=$(mail_split "$(postconf -xh transport_maps 2>/dev/null)")
  unjam_key=$1 unjam_found=
  while :; do
    unjam_found=$(printf '%s\n' "$unjam_maps" | while IFS= read -r unjam_map; do
      [ -n "$unjam_map" ] || continue
      timeout 5 postmap -q "$unjam_key" "$unjam_map" </dev/null 2>/dev/null && break
    done)
    [ -z "$unjam_found" ] || break
    case $unjam_key in
      '*') break ;;
      *.*) unjam_key=.${unjam_key#.}; unjam_key=.${unjam_key#.*.}; case ${unjam_key#.} in *.*) ;; *) unjam_key='*' ;; esac ;;
      *) unjam_key='*' ;;
    esac
  done
  printf '%s\n' "$unjam_found"
}
mail_hops() {  # ROUTE HOST-LINES: whether a next hop of the route is one of the hosts, by address, name, or first label
  unjam_hops=$(printf '%s\n' "${1#*:}" | tr ',' '\n' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; s/^\[\([^]]*\)\].*$/\1/; s/:[0-9]*$//')
  printf '%s\n' "$unjam_hops" | awk -F '\t' -v hosts="$(printf '%s' "$2" | tr '\n\t' ';|')" '
    BEGIN { n = split(tolower(hosts), h, ";"); for (i = 1; i <= n; i++) { split(h[i], f, "|"); is[f[1]] = 1; is[f[2]] = 1
      sub(/\..*/, "", f[1]); label[f[1]] = 1 } delete is[""]; delete label[""] }
    { t = tolower($0); l = t; sub(/\..*/, "", l); if (t != "" && (t in is || (l in label && l !~ /^[0-9]*$/))) found = 1 } END { exit !found }' && return 0
  for unjam_hop in $unjam_hops; do
    have getent || break
    for unjam_v in $(timeout 4 getent ahostsv4 "$unjam_hop" 2>/dev/null | awk '{ print $1 }' | sort -u); do
      printf '%s\n' "$2" | cut -f 2 | grep -qxF "$unjam_v" && return 0
    done
  done
  return 1
}
mail_probe_address() {  # SITE HOST-LINES: whom a test message to the site is for: the line `SITE ADDRESS` of /etc/unjam/probe; without one,
  # postmaster at the first of relay_domains that is routed to one of its hosts. Ends the script if there is none.
  unjam_to=
  [ ! -r "$unjam_root/etc/unjam/probe" ] || unjam_to=$(awk -v site="$1" '$1 == site { print $2; exit }' "$unjam_root/etc/unjam/probe")
  if [ -z "$unjam_to" ]; then
    for unjam_domain in $(mail_split "$(postconf -xh relay_domains 2>/dev/null)" | grep -x '[0-9A-Za-z.-]*'); do
      unjam_v=$(mail_route "$unjam_domain")
      if [ -n "$unjam_v" ] && mail_hops "$unjam_v" "$2"; then unjam_to=postmaster@$unjam_domain; break; fi
    done
  fi
  case $unjam_to in
    '') cannot unreadable "no address to probe $1: none in $unjam_root/etc/unjam/probe, and no relay domain is routed to its hosts" ;;
    -* | *[!A-Za-z0-9@._+=-]*) cannot refused "not an address: '$unjam_to'" ;;
  esac
}
mail_probe_send() {  # SITE: hands in one small message for $unjam_to; $unjam_mark is the left part of its Message-ID. It has no return address,
  # so it never bounces to anybody. Ends the script if it is not taken.
  unjam_mark="unjam-probe-$unjam_token"
  unjam_v=$(timeout 20 sendmail -f '' "$unjam_to" 2>&1 <<END
From: Unjam probe <>
To: $unjam_to
Subject: Unjam probe $unjam_token
Message-ID: <$unjam_mark@$(postconf -h myhostname)>
Auto-Submitted: auto-generated
Precedence: bulk

A test message: does mail flow to $1?
END
) || cannot failed "sendmail: $unjam_v"
}

# ---- Samba domain controllers: read from the local database, which needs no login and so works when Kerberos does not

ad_search() {  # ARGUMENTS of ldbsearch: LDIF with folded lines joined
  timeout 20 ldbsearch -H "$unjam_root/var/lib/samba/private/sam.ldb" "$@" 2>/dev/null >"$work/ldif" || return 1
  awk '/^ / { line = line substr($0, 2); next } { if (NR > 1) print line; line = $0 } END { print line }' "$work/ldif"
}
# ad_read: fills $work/dsas (lines GUID TAB name TAB site TAB options TAB dns TAB settings-dn), $work/links (inbound links from other sites that fail:
# name TAB partition TAB code TAB safe TAB seconds since 1970 of the last attempt), and sets $ad_own (GUID) and $ad_options (of this controller).
ad_read() {
  have ldbsearch || cannot unreadable 'ldbsearch (ldb-tools) is not installed'
  have samba || cannot absent 'Samba is not installed'
  ad_search -s base -b '' dsServiceName configurationNamingContext namingContexts >"$work/root" || cannot unreadable 'the local directory database'
  unjam_own_dn=$(sed -n 's/^dsServiceName: //p' "$work/root")
  unjam_config=$(sed -n 's/^configurationNamingContext: //p' "$work/root")
  [ -n "$unjam_own_dn" ] && [ -n "$unjam_config" ] || cannot unreadable 'the local directory database has no root'
  ad_search -b "CN=Sites,$unjam_config" '(|(objectClass=nTDSDSA)(objectClass=nTDSDSARO)(objectClass=server))' objectGUID options dNSHostName >"$work/sites" ||
    cannot unreadable 'the sites of the directory'
  awk '
    function done_one(   p) { if (dn == "") return
      if (dn ~ /^CN=NTDS Settings,/) { split(dn, p, ","); n++; g[n] = guid; o[n] = opt + 0; d[n] = dn; nm[n] = substr(p[2], 4); st[n] = substr(p[4], 4) }
      else dns[dn] = host
      dn = ""; guid = ""; opt = 0; host = "" }
    /^dn: / { done_one(); dn = substr($0, 5) } /^objectGUID: / { guid = $2 } /^options: / { opt = $2 } /^dNSHostName: / { host = $2 }
    END { done_one(); for (i = 1; i <= n; i++) print g[i] "\t" tolower(nm[i]) "\t" st[i] "\t" o[i] "\t" dns[substr(d[i], 18)] "\t" d[i] }' "$work/sites" >"$work/dsas"
  unjam_v=$(awk -F '\t' -v dn="$unjam_own_dn" 'tolower($6) == tolower(dn)' "$work/dsas")
  ad_own=$(field "$unjam_v" 1) ad_options=$(field "$unjam_v" 4)
  [ -n "$ad_own" ] || cannot unreadable 'this controller is not in its own directory'
  : >"$work/blobs"
  sed -n 's/^namingContexts: //p' "$work/root" | while IFS= read -r unjam_nc; do
    ad_search -s base -b "$unjam_nc" repsFrom >"$work/reps" || { echo 1 >"$work/failed"; break; }
    sed -n 's/^repsFrom:: //p' "$work/reps" | while IFS= read -r unjam_v; do
      printf '%s\t%s\n' "$(printf '%s' "$unjam_v" | base64 -d | od -An -v -tu1 | tr -s ' \n' ' ')" "$unjam_nc"
    done >>"$work/blobs"
  done
  [ ! -e "$work/failed" ] || cannot unreadable 'the replication links'
  # repsFromToBlob version 1 (MS-ADTS): last attempt at byte 24 (seconds since 1601), its result at 32, the source's GUID at 160.
  awk -F '\t' -v dsas="$work/dsas" -v own="$ad_own" -v mine="$ad_options" '
    function u32(i) { return b[i + 1] + 256 * (b[i + 2] + 256 * (b[i + 3] + 256 * b[i + 4])) }
    function hex(i, n, step,   s) { for (s = ""; n-- > 0; i += step) s = s sprintf("%02x", b[i + 1]); return s }
    BEGIN {
      while ((getline line < dsas) > 0) { split(line, f, "\t"); name[f[1]] = f[2]; site[f[1]] = f[3]; options[f[1]] = f[4] }
      # Safe to force: network, names, time, login, busy. Unsafe: every directory code (8200-8999) but these, and broken disks or memory.
      m = split("8438 8453 8524 8589 8456 8457", c, " "); for (i = 1; i <= m; i++) good[c[i]] = 1
      m = split("8 14 23 112 1117 1127 1392 1393", c, " "); for (i = 1; i <= m; i++) bad[c[i]] = 1
    }
    { k = split($1, b, " "); if (k < 176 || b[1] != 1) { print "odd"; next }
      guid = hex(163, 4, -1) "-" hex(165, 2, -1) "-" hex(167, 2, -1) "-" hex(168, 2, 1) "-" hex(170, 6, 1)
      code = u32(32); if (code >= 2147483648) code -= 4294967296
      if (code == 0 || code == 8477 || code == 8464) next                     # well, or still at it
      if (!(guid in name) || site[guid] == site[own]) next                     # a controller that is no more, or of this site
      safe = !(code in bad) && (code < 8200 || code > 8999 || code in good)
      if (int(mine / 2) % 2 == 1) safe = 0                                     # DISABLE_INBOUND_REPL: somebody has decided so
      if (code == 8456 && int(options[guid] / 4) % 2 == 1) safe = 0             # DISABLE_OUTBOUND_REPL at the source
      printf "%s\t%s\t%d\t%s\t%.0f\t%s\n", name[guid], $2, code, safe ? "true" : "false", u32(28) * 4294967296 + u32(24) - 11644473600, guid
    }' "$work/blobs" >"$work/links"
  ! grep -q '^odd$' "$work/links" || cannot unreadable 'a replication link of an unknown form'
}
