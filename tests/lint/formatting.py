#!/usr/bin/env python3
"""Every C++ file is as clang-format 19 leaves it (.clang-format). Exit 77, "skipped", where it is not installed.

Usage: formatting.py [ROOT]; exit 1 and file:line for each breach.
"""

import shutil
import subprocess
import sys

import sources

TOOL = "clang-format-19"
SKIPPED = 77
BATCH = 40


def check(root):
    paths = [str(path) for path in sources.files(root)]
    for first in range(0, len(paths), BATCH):
        command = [TOOL, "--dry-run", "-Werror", *paths[first : first + BATCH]]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        yield from (line for line in done.stderr.splitlines() if "error:" in line)


if __name__ == "__main__":
    if shutil.which(TOOL) is None:
        print(f"{TOOL} is not installed: formatting was not checked")
        sys.exit(SKIPPED)
    sources.main(check)
