#!/usr/bin/env python3
"""Schema and loader agree: every file of the corpus whose structure the loader refuses, the schema refuses, and no other.

Usage: schema_agrees.py UNJAM ROOT. Asks the real binary for schemas and verdicts. Structure is what can be told without
knowing what names mean: keys, verbs, forms of values.
"""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

STRUCTURE = {"UJ0107", "UJ0201", "UJ0202", "UJ0203", "UJ0205", "UJ0206"}
# Of these codes some faults are of structure and some are not: nothing is concluded.
EITHER = {"UJ0505"}
# Readers of YAML disagree on such a file, so no schema can speak of it.
SURFACE = re.compile(r"UJ010[1-68]")
# Faults of form that need more than the form: literals by the type of their parameter, bounds, pairs of keys.
BEYOND = re.compile(
    r'^(default|min|max) ("|\d)|has no bounds|is not a type|`min` without|without `every` or `at_most`|needs `by`'
    r"|may be 0$|plays `until`|is no identifier|means nothing (for the transport|without)|needs `(user|known_hosts|model|limit)`$"
)


class Core(yaml.SafeLoader):
    """Scalars as YAML 1.2 readers type them, which editors do."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node), 0)
                     if re.match("0[ox]", node.value) else int(node.value))


def verdict(unjam, kind, path):
    """The codes and messages of the loader."""
    command = {
        "playbook": [unjam, "check", path],
        "policy": [unjam, "check", "rolling-reboot-hubs", "--policy", path],
        "inventory": [unjam, "inventory", path],
    }[kind]
    answer = subprocess.run(command + ["--json"], capture_output=True, text=True, check=False)
    found = json.loads(answer.stdout)
    if isinstance(found, list) or "diagnostics" not in found:
        return []
    name = str(path)
    return [(d["code"], d["message"]) for d in found["diagnostics"] if d["file"] == name]


def check(unjam, schemas, kind, path):
    faults = verdict(unjam, kind, str(path))
    if any(SURFACE.match(code) for code, _ in faults):
        return None
    told = [(c, m) for c, m in faults if c in STRUCTURE and not BEYOND.search(m)]
    if not told and any(c in EITHER or (c in STRUCTURE and BEYOND.search(m)) for c, m in faults):
        return None
    document = yaml.load(path.read_text(encoding="utf-8"), Core)
    refused = list(jsonschema.Draft7Validator(schemas[kind]).iter_errors(document))
    if bool(told) == bool(refused):
        return True
    print(f"{path}: loader {told or 'accepts its structure'}; schema {[e.message[:120] for e in refused] or 'accepts'}")
    return False


def variants(folder):
    """Structural faults made one by one in files that are good, beside the golden ones: a wrong key, a missing one, a wrong form."""
    edits = (
        ("unknown", lambda text: re.sub(r"\blimit:", "limitt:", text, count=1)),
        ("missing", lambda text: re.sub(r", limit: [^,} ]+", "", text, count=1)),
        ("form", lambda text: re.sub(r"limit: [0-9]+[smhd]", "limit: soon", text, count=1)),
        ("verb", lambda text: re.sub(r"\{ run: ([a-z.]+), limit", r"{ run: \1, wait: 5s, limit", text, count=1)),
        ("list", lambda text: re.sub(r"(?m)^summary: .*$", "summary: [ a, b ]", text, count=1)),
        ("head", lambda text: text + "\nversion: 2\n"),
        ("number", lambda text: re.sub(r"min: 1\b", "min: 1.5", text, count=1)),
        ("role", lambda text: re.sub(r"role: (hub|dc)", "role: [ hub ]", text, count=1)),
    )
    for name, path in folder:
        text = path.read_text(encoding="utf-8")
        for what, edit in edits:
            made = edit(text)
            if made != text:
                yield name, what, path, made


def main():
    unjam, root = sys.argv[1], pathlib.Path(sys.argv[2])
    schemas = {}
    for kind in ("playbook", "policy", "inventory", "contracts"):
        text = subprocess.run([unjam, "schema", kind], capture_output=True, text=True, check=True).stdout
        schemas[kind] = json.loads(text)
        jsonschema.Draft7Validator.check_schema(schemas[kind])
    files = [("playbook", p) for p in sorted((root / "tests/golden/good").glob("*.yaml"))]
    files += [("playbook", p) for p in sorted((root / "playbooks/catalog").glob("*.yaml"))]
    files += [(p.stem, p) for p in sorted((root / "examples").glob("*/*.yaml")) if p.stem in ("policy", "inventory")]
    files.append(("policy", root / "tests/golden/policy.yaml"))
    bad = [("playbook", p) for p in sorted((root / "tests/golden/bad").glob("*.yaml"))]
    results = [check(unjam, schemas, kind, path) for kind, path in files + bad]
    scratch = pathlib.Path(sys.argv[3])
    scratch.mkdir(parents=True, exist_ok=True)
    made = 0
    for kind, what, path, text in variants(files):
        copy = scratch / f"{path.parent.name}-{path.stem}-{what}.yaml"
        copy.write_text(text, encoding="utf-8")
        results.append(check(unjam, schemas, kind, copy))
        made += 1
    for path in sorted((root / "actions/packs").glob("*/contracts.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Core)
        errors = [e.message for e in jsonschema.Draft7Validator(schemas["contracts"]).iter_errors(document)]
        results.append(not errors)
        if errors:
            print(f"{path}: the loader accepts it; schema {errors}")
    judged = [r for r in results if r is not None]
    print(f"{len(judged)} of {len(results)} files judged, {made} of them made; {judged.count(False)} disagree")
    return 0 if all(judged) and len(judged) > 100 else 1


if __name__ == "__main__":
    sys.exit(main())
