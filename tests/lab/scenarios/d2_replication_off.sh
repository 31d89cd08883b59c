#!/usr/bin/env bash
# (d2) Replication is still disabled: escalates, changes nothing.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "d2: replication is switched off"
lab inject repl-off tyodc1
lab inject machine-password osahub1 osahub2
jam tyohub1
before=$(fingerprint)
heal
escalates_unchanged 'replication'
finish
