"""Runs several samba-tool commands in one process: starting samba-tool costs more than what it does.

Usage: samba_tools.py ARGUMENT.. [-- ARGUMENT..]..   Runs all of them; exit code 1 if one failed.
"""

import sys

from samba.netcmd.main import cmd_sambatool


def main():
    failed = False
    command = []
    for word in sys.argv[1:] + ["--"]:
        if word != "--":
            command.append(word)
        elif command:
            failed = bool(cmd_sambatool()._run("samba-tool", *command)) or failed
            command = []
    sys.exit(1 if failed else 0)


main()
