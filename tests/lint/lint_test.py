#!/usr/bin/env python3
"""The lints themselves: a small tree with one breach must fail and name its line; the same without it must pass."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import bans
import formatting
import layers
import sizes

HERE = pathlib.Path(__file__).resolve().parent
LINTS = {"bans": bans, "formatting": formatting, "layers": layers, "sizes": sizes}


def run(lint, files):
    """(exit code, lines) of `lint` over a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        breaches = list(LINTS[lint].check(pathlib.Path(folder)))
        return (1 if breaches else 0), breaches


def start(lint, folder):
    """The same as its own program."""
    command = [sys.executable, HERE / f"{lint}.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


class Lint(unittest.TestCase):
    def breach(self, lint, name, text, place, word):
        code, lines = run(lint, {name: text})
        self.assertEqual(code, 1, f"{name} was let through: {text[:60]}")
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(place), lines[0])
        self.assertIn(word, lines[0])

    def clean(self, lint, name, text):
        self.assertEqual(run(lint, {name: text}), (0, []))


class Layers(Lint):
    def test_a_lower_folder_includes_no_higher_one(self):
        for name, included in [
            ("state/run.cc", "playbooks/value.h"),
            ("state/base/json.cc", "state/run.h"),
            ("playbooks/yaml.cc", "state/event.h"),
            ("actions/packs.cc", "orchestrator/engine/decide.h"),
            ("actions/packs.cc", "actions/sim/fleet.h"),
            ("actions/packs.cc", "state/store.h"),
            ("orchestrator/policy/window.cc", "orchestrator/engine/decide.h"),
            ("orchestrator/engine/decide.cc", "orchestrator/service.h"),
            ("orchestrator/engine/decide.cc", "actions/sim/fleet.h"),
            ("orchestrator/service.cc", "orchestrator/cli/views.h"),
            ("orchestrator/cli/main.cc", "tests/support/sshd.h"),
        ]:
            self.breach("layers", name, f'\n#include "{included}"\n', f"{name}:2:", included)

    def test_a_higher_folder_includes_lower_ones(self):
        text = '#include "state/base/json.h"\n'
        self.clean("layers", "state/run.cc", text + '#include "state/event.h"\n')
        self.clean("layers", "orchestrator/engine/decide.cc", text + '#include "actions/packs.h"\n')
        self.clean("layers", "orchestrator/compose.cc", text + '#include "actions/sim/fleet.h"\n')
        self.clean("layers", "tests/state/run_test.cc", text + '#include "orchestrator/cli/views.h"\n')

    def test_a_path_begins_at_the_root(self):
        self.breach("layers", "state/run.cc", '#include "run.h"\n', "state/run.cc:1:", "root")

    def test_what_is_commented_out_is_not_included(self):
        self.clean("layers", "state/run.cc", '// #include "playbooks/value.h"\n/* \n#include "playbooks/value.h"\n*/\n')


class Bans(Lint):
    def test_each_ban_is_met(self):
        for name, line, word in [
            ("state/run.cc", "auto t = std::chrono::system_clock::now();", "clock"),
            ("state/run.cc", "auto t = time(nullptr);", "clock"),
            ("tests/state/run_test.cc", "std::this_thread::sleep_for(1s);", "sleep"),
            ("actions/x.cc", "::usleep(5);", "sleep"),
            ("actions/x.cc", "std::random_device seed;", "chance"),
            ("actions/x.cc", "std::mt19937 generator;", "generator"),
            ("actions/x.cc", "#include <yaml-cpp/yaml.h>", "door"),
            ("actions/x.cc", "#include <libssh2.h>", "door"),
            ("state/run.cc", "#include <sqlite3.h>", "door"),
            ("actions/x.cc", "#include <re2/re2.h>", "language"),
            ("actions/x.cc", "#include <openssl/evp.h>", "OpenSSL"),
            ("playbooks/x.cc", "throw 1;", "Result"),
            ("state/run.cc", "try { f(); } catch (...) {}", "wrappers"),
            ("actions/x.cc", "auto* home = std::getenv(\"HOME\");", "environment"),
            ("actions/x.cc", "std::exit(1);", "settle"),
            ("state/run.cc", "std::thread worker(f);", "thread"),
            ("actions/x.cc", "static int count = 0;", "state"),
            ("actions/x.cc", "static std::map<int, int> seen;", "state"),
            ("tests/x/y_test.cc", "class RunManager {};", "name"),
            ("actions/x.cc", "#include <spdlog/spdlog.h>", "log"),
            ("state/x.cc", "int a;  // TO" "DO", "issue"),
            ("examples/a.yaml", "# FIX" "ME", "issue"),
        ]:
            self.breach("bans", name, f"int before;\n{line}\n", f"{name}:2:", word)

    def test_what_decides_does_not_wait(self):
        for name in ["state/run.cc", "playbooks/loader.cc", "orchestrator/policy/window.cc", "orchestrator/engine/decide.cc"]:
            code, lines = run("bans", {name: "#include <boost/asio/awaitable.hpp>\n"})
            self.assertEqual(code, 1, name)
            self.assertIn("does not wait", lines[0])
        self.clean("bans", "orchestrator/engine/driver.cc", "#include <boost/asio/awaitable.hpp>\n")
        self.clean("bans", "actions/deadline.h", "#include <boost/asio/awaitable.hpp>\n")

    def test_a_file_has_a_name_that_says_something(self):
        for name in ["state/common.h", "actions/string_utils.cc", "orchestrator/run_manager.h"]:
            self.breach("bans", name, "int x;\n", f"{name}:1:", "noun")

    def test_literals_and_comments_are_not_code(self):
        self.clean("bans", "actions/x.cc", '// throw getenv(\nauto a = "catch (x) throw";\nauto b = R"sh(exit(1); throw)sh";\n')
        self.clean("bans", "actions/x.cc", "int exit_code(int); auto n = 1'000; auto c = '\\''; int t = run_time(0);\n")

    def test_functions_and_constants_may_be_static(self):
        self.clean("bans", "actions/x.cc", "struct A { static Result<int> make(int x = 1); static constexpr int kMax = 3; };\n"
                   "static const char* const kName = nullptr;\n")


class Sizes(Lint):
    def test_a_file_has_at_most_600_lines(self):
        self.clean("sizes", "state/x.cc", "int a;\n" * 600)
        self.breach("sizes", "state/x.cc", "int a;\n" * 601, "state/x.cc:601:", "600")

    def test_a_function_has_at_most_70_lines(self):
        def function(lines, head="int f(int x)"):
            return "namespace a {\n\n" + head + " {\n" + "  x = {1};\n" * (lines - 2) + "}\n\n}  // namespace a\n"

        self.clean("sizes", "state/x.cc", function(70))
        self.breach("sizes", "state/x.cc", function(71), "state/x.cc:3:", "71 lines")
        self.breach("sizes", "state/x.cc", function(71, "Fold::Fold(int x) : x_(x)"), "state/x.cc:3:", "71 lines")
        self.breach("sizes", "state/x.cc", function(71, "void f(int a, struct stat* b)"), "state/x.cc:3:", "71 lines")
        self.breach("sizes", "state/x.h", "class A {\n" + function(90)[13:], "state/x.h:", "90 lines")

    def test_what_is_no_function_may_be_long(self):
        self.clean("sizes", "state/x.cc", "constexpr int kTable[] = {\n" + "  1,\n" * 90 + "};\n")
        self.clean("sizes", "state/x.h", "struct A {\n" + "  int a;\n" * 90 + "};\n")
        self.clean("sizes", "state/x.h", "enum class A {\n" + "  a,\n" * 90 + "};\n")

    def test_braces_in_literals_do_not_count(self):
        text = "int f() {\n  auto a = '{'; auto b = \"{{{\";  // {\n}\nint g() {\n" + "  ;\n" * 66 + "}\n"
        self.clean("sizes", "state/x.cc", text)

    def test_python_counts_too(self):
        self.breach("sizes", "tests/x.py", "def f():\n" + "    pass\n" * 70, "tests/x.py:1:", "71 lines")


class Programs(unittest.TestCase):
    def test_each_runs_alone_and_tells_by_its_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            for lint in LINTS:
                self.assertIn(start(lint, folder)[0], (0, formatting.SKIPPED), lint)
            source = pathlib.Path(folder, "state", "run_manager.cc")
            source.parent.mkdir()
            source.write_text('#include "playbooks/value.h"\n' + "int  a;\n" * 601)
            for lint in LINTS:
                code, text = start(lint, folder)
                self.assertTrue(code == formatting.SKIPPED or (code == 1 and text.startswith("state/run_manager.cc:")), lint)


@unittest.skipIf(shutil.which(formatting.TOOL) is None, "clang-format 19 is not installed")
class Formatting(Lint):
    def test_a_file_that_the_formatter_would_change_is_named(self):
        code, lines = run("formatting", {".clang-format": "BasedOnStyle: Google\n", "state/x.cc": "int  a;\n"})
        self.assertEqual(code, 1)
        self.assertIn("state/x.cc:1:", lines[0])
        self.assertEqual(run("formatting", {"state/x.cc": "int a;\n"})[0], 0)


if __name__ == "__main__":
    unittest.main()
