#!/usr/bin/env python3
"""Which folder may include which (ARCHITECTURE.md, layers): #include "folder/..." against one table.

Usage: layers.py [ROOT]; exit 1 and file:line for each breach.
"""

import re

import sources

BASE = {"state/base"}
LANGUAGE = BASE | {"playbooks"}
HANDS = LANGUAGE | {"actions"}
MIND = HANDS | {"state", "orchestrator/policy", "orchestrator/engine"}

# A folder may always include itself. A file of its own row may include that row's folders instead of its folder's.
MAY_INCLUDE = {
    "state/base": set(),
    "state": BASE,
    "playbooks": BASE,
    "actions": LANGUAGE,
    "actions/sim": HANDS,
    "orchestrator/policy": LANGUAGE | {"state"},
    "orchestrator/engine": MIND,
    "orchestrator/rehearsal": MIND | {"actions/sim"},
    "orchestrator/audit": MIND,
    "orchestrator": MIND,
    "orchestrator/cli": MIND | {"orchestrator", "orchestrator/rehearsal", "orchestrator/audit"},
    # composition: the only places that know every implementation
    "orchestrator/compose.cc": MIND | {"orchestrator", "actions/sim"},
    "orchestrator/worlds.h": MIND | {"orchestrator", "actions/sim"},
    "orchestrator/worlds.cc": MIND | {"orchestrator", "actions/sim"},
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


def folder_of(path):
    """The row of the table: the file's own, or the longest folder."""
    if path in MAY_INCLUDE:
        return path
    folder = path.rpartition("/")[0]
    while folder and folder not in MAY_INCLUDE:
        folder = folder.rpartition("/")[0]
    return folder or path.partition("/")[0]


def check(root):
    for path in sources.files(root):
        row = folder_of(path.as_posix())
        text = sources.without_comments(sources.read(root, path))
        for match in INCLUDE.finditer(text):
            included = match.group(1)
            where = f"{path}:{sources.line_of(text, match.start(1))}"
            if "/" not in included:
                yield f'{where}: "{included}": include paths begin at the root, so that the layer shows'
                continue
            folder = folder_of(included)
            folder = folder if "." not in folder else included.rpartition("/")[0]
            own = path.as_posix().rpartition("/")[0]
            if row == "tests" or folder in (row, own) or folder in MAY_INCLUDE.get(row, set()):
                continue
            yield f'{where}: {row} must not include {folder} ("{included}"); it may: {", ".join(sorted(MAY_INCLUDE.get(row, set()))) or "nothing"}'


if __name__ == "__main__":
    sources.main(check)
