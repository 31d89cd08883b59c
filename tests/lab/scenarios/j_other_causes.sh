#!/usr/bin/env bash
# (j) SPN, port, peer down, DNS, TLS: each escalates, names the cause, changes nothing.
. "$(dirname "$(readlink -f "$0")")/common.sh"
cause() { # WORDS FAULT ARGS..
  begin "j: $2"
  rm -rf "$state/store"
  lab inject "${@:2}"
  jam tyohub1
  before=$(fingerprint 2>/dev/null)
  heal
  before=$before escalates_unchanged "$1"
}
cause 'service principal name' spn-duplicate osahub1 osahub2
cause 'Kerberos port' kdc-port-blocked tyohub1
cause 'by dns' dns-wrong tyohub1
cause 'by tls' tls-refused tyohub1
cause 'by unreachable|not be read|cannot be decided' peer-down osahub1 osahub2
finish
