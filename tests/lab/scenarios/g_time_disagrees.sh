#!/usr/bin/env bash
# (g) Time sources disagree so that no controller is proven: escalates, changes nothing.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "g: no controller's clock can be proven"
lab inject time-disagree
jam tyohub1
before=$(fingerprint)
heal
escalates_unchanged 'clock can be proven'
finish
