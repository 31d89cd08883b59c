"""Which files the lints read, and C++ text with comments and literals blanked out."""

import pathlib
import re
import sys

FOLDERS = ("state", "playbooks", "actions", "orchestrator", "tests", "examples")
CPP = (".cc", ".h")

# A literal or a comment, whichever begins first. Raw strings before plain ones, and digit separators are no literals.
_OPAQUE = re.compile(
    r'R"(?P<mark>[^(\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.DOTALL,
)


def _blank(match):
    return "".join("\n" if c == "\n" else " " for c in match.group())


def code_only(text):
    """`text` with every comment and literal as blanks: same length, same lines."""
    return _OPAQUE.sub(_blank, text)


def without_comments(text):
    """`text` with every comment as blanks, literals kept."""
    return _OPAQUE.sub(lambda m: _blank(m) if m.group().startswith("/") else m.group(), text)


def files(root, suffixes=CPP):
    """Paths relative to `root`, sorted; build trees and hidden folders are not ours."""
    found = []
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root)
            hidden = any(part.startswith(".") or part == "build" for part in relative.parts)
            if path.suffix in suffixes and path.is_file() and not hidden:
                found.append(relative)
    return sorted(found)


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def main(check):
    """Runs `check(root)`, prints what it yields ("file:line: what"), exits 1 if there was anything."""
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    breaches = list(check(root))
    for breach in breaches:
        print(breach)
    sys.exit(1 if breaches else 0)
