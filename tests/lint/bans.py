#!/usr/bin/env python3
"""What may stand only in a few files, with the reason and what to write instead.

Usage: bans.py [ROOT]; exit 1 and file:line for each breach.
"""

import fnmatch
import re

import sources

# Where the program is composed: the only places that make the real clock, chance and surroundings.
ROOTS = ["orchestrator/compose.cc", "orchestrator/worlds.cc", "orchestrator/cli/main.cc"]


class Ban:
    """`pattern` may match only in files of `only`. In tests too, unless `tests`."""

    def __init__(self, name, pattern, only, reason, tests=True, include=False):
        self.name, self.only, self.reason, self.tests, self.include = name, only, reason, tests, include
        self.pattern = re.compile(pattern, re.MULTILINE)

    def allows(self, path):
        if path.startswith("tests/") and self.tests:
            return True
        return any(fnmatch.fnmatchcase(path, glob) for glob in self.only)


def header(names):
    return r"^[ \t]*#[ \t]*include[ \t]+[<\"](?:" + names + ")"


BANS = [
    Ban("a clock", r"\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b|\bclock_gettime\b|\bgettimeofday\b|"
        r"(?<![\w.>:])time\((?:nullptr|NULL|0)\)", ROOTS,
        "time is injected (state/base/time.h), so that tests and replays own it: take Now, or ask Timers"),
    Ban("a sleep", r"\bthis_thread::sleep|\b(?:usleep|nanosleep|clock_nanosleep)\b|(?<!\w)::sleep\(", ["tests/e2e/*", "tests/lab/*", "tests/bench/*"],
        "nobody sleeps: await Timers; in a test wait for the event itself", tests=False),
    Ban("chance", r"\brandom_device\b|(?<![\w.>:])s?rand\(|\bgetrandom\b|\bgetentropy\b", ROOTS,
        "chance is injected, so that a failure can be had again: take Rng& or Tokens&", tests=False),
    Ban("another generator", r"\bmt19937|\bdefault_random_engine\b|\bminstd_rand", [],
        "state/base/rng.h gives the same numbers on every platform: take Rng&"),
    Ban("yaml-cpp", header("yaml-cpp"), ["playbooks/yaml.cc"],
        "one door to each library that throws or has its own memory rules: use playbooks/yaml.h", include=True),
    Ban("libssh2", header("libssh2"), ["actions/ssh_session*", "actions/session_memory.*"],
        "one door to libssh2: use actions/ssh_session.h", include=True),
    Ban("SQLite", header("sqlite3"), ["state/sqlite_db.cc"], "one door to SQLite: use state/sqlite_db.h", include=True),
    Ban("RE2", header("re2/"), ["playbooks/*"], "regular expressions belong to the language", include=True),
    Ban("OpenSSL", header("openssl/"), ["state/base/digest.cc", "actions/known_hosts.cc", "actions/secret_text.cc",
                                        "actions/session_memory.cc"],
        "use state/base/digest.h; a new primitive needs a wrapper of its own", include=True),
    Ban("Asio", header("boost/asio"), ["actions/*", "orchestrator/*"],
        "what decides does not wait: return a command, let the driver perform it", include=True),
    Ban("a log", r"^[ \t]*#[ \t]*include[ \t]+<spdlog/(?!fmt/)|\bspdlog::",
        ["orchestrator/*"], "errors are returned and logged once, at the edge: return an Error"),
    Ban("throw", r"\bthrow\b", ["playbooks/yaml.cc"], "expected failures are values: return Result<T>"),
    Ban("catch", r"\bcatch\s*\(", ["playbooks/yaml.cc", "orchestrator/compose.cc", "orchestrator/cli/main.cc", "orchestrator/cli/parse.cc"],
        "only wrappers of libraries that throw catch: as_tuple(use_awaitable) for Asio, error_code for std::filesystem"),
    Ban("the environment", r"\b(?:secure_)?getenv\b|\bsetenv\b|\benviron\b", ROOTS + ["actions/child_process.cc", "orchestrator/cli/context.cc"],
        "the environment is read once, where the program is composed: pass it in"),
    Ban("an end of the process", r"(?<![\w.>])(?:std::)?(?:exit|quick_exit|abort|terminate)\(|(?<![\w.>])_exit\(",
        # (a digest that is wrong would pass for an approval's: without SHA-256 nothing can be settled either)
        ROOTS + ["actions/child_process.cc", "state/base/digest.cc"], "an owner must settle before it ends: return an Error"),
    Ban("a thread", r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b", ROOTS,
        "one thread runs the engine and its store: post to it"),
    Ban("global state", r"\bstatic\s+(?!const\b|constexpr\b|consteval\b|inline\s+const)[^()=;{}]*[\w>&*]\s+\w+\s*(?:=(?!=)|;|\{)",
        [], "no mutable state outlives its owner: make it a member"),
    Ban("an empty name", r"\b(?:class|struct|enum class|namespace)\s+\w*(?:Manager|Helper|Handler|Util|Utils|Job|Task|Common)\b",
        [], "say what it is: the glossary of ARCHITECTURE.md has the words", tests=False),
]

# Cut in two so that this file may be read by it.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
EMPTY_FILE_NAME = re.compile(r"(?:^|_)(?:common|utils?|helpers?|manager|handler|misc)(?:_|$)")
PURE_ENGINE = re.compile(r"orchestrator/(?:policy/|engine/(?:decide|walker|plan|scope|recovery|command))")
TEXTS = sources.CPP + (".py", ".sh", ".yaml", ".md", ".txt", ".cmake")


def banned(path, raw):
    code, includes = sources.code_only(raw), sources.without_comments(raw)
    for ban in BANS:
        text = includes if ban.include else code
        allowed = ban.allows(path) and not (ban.name == "Asio" and PURE_ENGINE.match(path))
        if allowed:
            continue
        for match in ban.pattern.finditer(text):
            yield f"{path}:{sources.line_of(text, match.start())}: {ban.name}: {ban.reason}"


def check(root):
    for path in sources.files(root):
        if EMPTY_FILE_NAME.search(path.stem):
            yield f"{path}:1: an empty name: a file is named after its main noun"
        yield from banned(path.as_posix(), sources.read(root, path))
    for path in sources.files(root, TEXTS):
        raw = sources.read(root, path)
        for match in UNFINISHED.finditer(raw):
            yield f"{path}:{sources.line_of(raw, match.start())}: {match.group()}: finish it, or file an issue"


if __name__ == "__main__":
    sources.main(check)
