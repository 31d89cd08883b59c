#!/usr/bin/env python3
"""The ways in which a naive implementation for Windows and Exchange goes wrong: each has a test that names it by its number.

  traps.py ROOT
The numbers are those of the facts that the packs were written from; tests say `trap_ N` (tests/actions/packs/powershell_traps_tests.sh).
Exit code 1 if one has no test, or a test names a trap that is not in this list.
"""
import pathlib, re, sys

TRAPS = """matches the code 454 4.7.0 alone
looks only for the remote-site delivery type, in one spelling
reads the rendered event message, its level or one error name
counts events that are limited in number
takes "no events" for an error, or an error for "no events"
uses time stamps of the host whose clock is wrong
declares "not healed" before the retry, "failed" when the queue is gone, or Velocity 0 as fine
sends Get-Queue -Identity with an empty variable
runs Exchange's commands under a logon by key
sets the clock from a controller that is itself wrong
uses net time while W32Time runs, or without /y
trusts "The command completed successfully"
takes stripchart as proof; forgets comma, sign, errors, outliers
expects an instant correction
uses repadmin /syncall
forces replication in spite of an unsafe code; reads ERROR rows as healthy
assumes that clocks or replication must be the cause
waits for the stuck queue before the reboot
proves the reboot by a time of day, or by SSH that answers
leaves maintenance half undone, or releases what another holds
reboots both hubs of a site, or beside Managed Availability
reboots with an update pending; answers 1190 or 1115 by another shutdown
starts a background job over SSH; takes a lost session as "did not run"
builds long command lines, treats CLIXML as failure, loses exit codes
decodes cp932 as UTF-8, or matches English text
fights another time source""".split('\n')


def main(root):
    tests = pathlib.Path(root) / 'tests/actions/packs/powershell_traps_tests.sh'
    named = {int(n) for n in re.findall(r'^ *trap_ (\d+) ', tests.read_text(encoding='utf-8'), re.M)}
    for number, trap in enumerate(TRAPS, 1):
        if number not in named:
            print('trap %d has no test in %s: %s' % (number, tests.name, trap))
    for number in sorted(named - set(range(1, len(TRAPS) + 1))):
        print('%s tests trap %d, which is not in the list' % (tests.name, number))
    return 0 if named == set(range(1, len(TRAPS) + 1)) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
