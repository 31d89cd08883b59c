#!/usr/bin/env bash
# (e) The receiving hubs lost their keys: the literal 454 4.7.0, and still another incident.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "e: keytab lost"
lab inject keytab-lost osahub1 osahub2
jam tyohub1
assert "the text is the incident's own" mail_is_stuck tyohub1 '454 4.7.0 Temporary authentication failure'
before=$(fingerprint)
heal
escalates_unchanged 'Kerberos key'
finish
