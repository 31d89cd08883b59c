#!/usr/bin/env python3
"""Files of at most 600 lines, functions of at most 70: what a reader can hold in mind.

Usage: sizes.py [ROOT]; exit 1 and file:line for each breach.
"""

import ast
import re

import sources

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_TEST_LINES = 100  # a test may be a table of cases

SCOPE = re.compile(r"(?:template\s*<[^{}]*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum|extern)\b")
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def kind_of(header, outer):
    """What a brace opens, told by the text since the last ; or brace and by what is around it."""
    if outer == "body":
        return "body"
    header = header.strip()
    table = header.endswith("=") or SCOPE.match(header)
    return "body" if "(" in header and not table else "scope"


def functions(text):
    """(first line, lines) of each function of C++ text; what is nested in it counts with it."""
    code = PREPROCESSOR.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), sources.code_only(text))
    stack, start = [], 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == "{":
            outer = stack[-1][0] if stack else "scope"
            header = code[start:at]
            first = start + len(header) - len(header.lstrip())
            stack.append((kind_of(header, outer), outer, first))
        elif match.group() == "}" and stack:
            kind, outer, first = stack.pop()
            if kind == "body" and outer != "body":
                line = sources.line_of(code, first)
                yield line, sources.line_of(code, at) - line + 1
        if match.group() != ";" or not stack or stack[-1][0] != "body":
            start = match.end()


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def check(root):
    for path in sources.files(root, sources.CPP + (".py", ".sh")):
        text = sources.read(root, path)
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            yield f"{path}:{lines}: {lines} lines; at most {MAX_FILE_LINES}: split it by its nouns"
        if path.suffix == ".sh":
            continue
        found = python_functions(text) if path.suffix == ".py" else functions(text)
        for line, length in found:
            most = MAX_TEST_LINES if path.name.endswith("_test.cc") else MAX_FUNCTION_LINES
            if length > most:
                yield f"{path}:{line}: a function of {length} lines; at most {most}: name its parts"


if __name__ == "__main__":
    sources.main(check)
