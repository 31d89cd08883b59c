"""A person at a terminal: runs a command in one of its own, reads what it shows, types. Every wait ends after LIMIT seconds.

terminal.py COMMAND... with lines on standard input, in order:
  see TEXT    waits until TEXT was shown after what was seen before
  type TEXT   types it, with Enter
  press C     types Ctrl-C
Writes all that was shown to the file `shown`; the exit code is the command's, or 99 if it never showed what was waited for.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LIMIT = 300.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def spawn(command: list[str]) -> tuple[int, int]:
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
    return pid, fd


class Terminal:
    def __init__(self, fd: int):
        self.fd = fd
        self.raw = b""
        self.seen = 0  # in the text without escapes

    def text(self) -> str:
        return ESCAPES.sub("", self.raw.decode("utf-8", "replace"))

    def read(self, deadline: float) -> bool:
        """False at the end of what is shown, or of the time."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, deadline - time.monotonic()))
        try:
            more = os.read(self.fd, 65536) if ready else b""
        except OSError:  # Linux says EIO when nobody holds the other end
            more = b""
        self.raw += more
        return bool(more)

    def see(self, wanted: str) -> bool:
        deadline = time.monotonic() + LIMIT
        while (at := self.text().find(wanted, self.seen)) < 0:
            if not self.read(deadline):
                return False
        self.seen = at + len(wanted)
        return True


def main() -> int:
    pid, fd = spawn(sys.argv[1:])
    terminal = Terminal(fd)
    missed = ""
    for line in sys.stdin.read().splitlines():
        word, _, rest = line.partition(" ")
        if word == "see" and not terminal.see(rest):
            missed = rest
            break
        if word == "type":
            os.write(fd, rest.encode() + b"\n")
        if word == "press":
            os.write(fd, b"\x03")
    deadline = time.monotonic() + LIMIT
    while not missed and terminal.read(deadline):
        pass
    with open("shown", "wb") as file:
        file.write(terminal.raw)
    if missed:
        print(f"never shown: {missed}\n{terminal.text()[-3000:]}")
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    return 99 if missed else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
