"""Kills the program again and again and judges what the hosts wrote down. Called by kill_storm.sh, see there.

    kill_storm.py UNJAM EXAMPLE KILLS SEED FLEET...
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

HOSTS = ("web1", "web2", "web3")
MOST_KILLS_OF_A_RUN = 40      # then it is left alone, so that it ends
MOST_CRASHES = 3              # orchestrator/crash_marks.h: in a row and without getting further, then a person has to look
LONGEST_LIFE = 900.0          # seconds; of one that is left alone
LONGEST_STORM = 3600.0


class Wrong(Exception):
    pass


class Count:
    """What all fleets have done together."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.kills = 0
        self.quarantines = 0
        self.by_moment = {}
        self.lock = threading.Lock()

    def killed(self, moment):
        with self.lock:
            self.kills += 1
            self.by_moment[moment] = self.by_moment.get(moment, 0) + 1

    def quarantined(self):
        with self.lock:
            self.quarantines += 1

    def enough(self):
        return self.kills >= self.wanted


class Fleet(threading.Thread):
    def __init__(self, unjam, example, folder, chance, count):
        super().__init__()
        self.unjam, self.example, self.folder, self.chance, self.count = unjam, example, folder, chance, count
        self.state = os.path.join(folder, "state")
        self.runs = []          # ids, as the journal tells them
        self.wrong = None
        self.lives = 0

    def run(self):
        try:
            began = time.monotonic()
            while not self.count.enough() or self.open_run():
                if time.monotonic() - began > LONGEST_STORM:
                    raise Wrong("the storm did not end")
                self.one_run()
            self.judge_end()
        except Exception as error:  # told by the main thread
            self.wrong = "%s: %s" % (os.path.basename(self.folder), error)
            self.count.wanted = 0

    # ---- what the journal and the hosts say

    def ask(self, sql):
        path = os.path.join(self.state, "journal.db")
        if not os.path.exists(path):
            return []
        for _ in range(50):
            try:
                db = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=5)
                try:
                    return db.execute(sql).fetchall()
                finally:
                    db.close()
            except sqlite3.OperationalError:
                time.sleep(0.02)  # being made, or recovered
        return []

    def open_run(self):
        rows = self.ask("SELECT id FROM runs WHERE phase <> 'ended'")
        if len(rows) > 1:
            raise Wrong("%d runs are open at once" % len(rows))
        return rows[0][0] if rows else None

    def count_of(self, kind):
        rows = self.ask("SELECT count(*) FROM events WHERE kind = '%s'" % kind)
        return rows[0][0] if rows else 0

    def of_host(self, host, name):
        try:
            with open(os.path.join(self.folder, host, name)) as file:
                return file.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def begun(self):
        return sum(len(self.of_host(host, "permit/order")) for host in HOSTS)

    def restarts(self, host):
        return self.of_host(host, "srv/web/log").count("restart")

    # ---- lives

    def command(self, run):
        if run:
            return [self.unjam, "resume", run, "--state", self.state]
        return [self.unjam, "run", self.example + "/rolling-restart.yaml", "--inventory", self.folder + "/inventory.yaml",
                "--policy", self.folder + "/policy.yaml", "--packs", self.example + "/packs", "--state", self.state,
                "--param", "drain=1s", "--param", "stay=1s", "--confirm", "3"]

    def moment(self):
        """When to kill: a name, and a function that says whether it has come."""
        began = time.monotonic()
        kind = self.chance.choice(["at once", "soon", "later", "intent", "begun", "outcome", "step"])
        if kind in ("at once", "soon", "later"):
            until = began + self.chance.uniform(0, {"at once": 0.4, "soon": 2.0, "later": 8.0}[kind])
            return kind, lambda: time.monotonic() >= until
        if kind == "begun":
            before = self.begun()
            return kind, lambda: self.begun() > before
        event = {"intent": "intent", "outcome": "effect_ended", "step": "step_ended"}[kind]
        before = self.count_of(event)
        return kind, lambda: self.count_of(event) > before

    def life(self, run, leave_alone):
        """True: it ended by itself, with this exit code; else it was killed."""
        self.lives += 1
        log = open(os.path.join(self.folder, "life.log"), "w+")
        process = subprocess.Popen(self.command(run), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        kind, come = ("never", lambda: False) if leave_alone else self.moment()
        deadline = time.monotonic() + LONGEST_LIFE
        while process.poll() is None:
            if come():
                process.send_signal(signal.SIGKILL)
                process.wait()
                if process.returncode == -signal.SIGKILL:
                    self.count.killed(kind)
                    return None
                break
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                log.seek(0)
                raise Wrong("a life of more than %d s: %s" % (LONGEST_LIFE, log.read()[-3000:]))
            time.sleep(0.004)
        log.seek(0)
        return process.returncode, log.read()

    def let_out(self, run, kills_in_row, text):
        """As a person would who has looked at the hosts."""
        mark = os.path.join(self.state, "driving", run)
        if kills_in_row < MOST_CRASHES or mark not in text:
            raise Wrong("in quarantine after %d kills in a row:\n%s" % (kills_in_row, text[-2000:]))
        os.remove(mark)
        self.count.quarantined()

    def one_run(self):
        kills = kills_in_row = 0
        while True:
            run = self.open_run()
            if run and run not in self.runs:
                self.runs.append(run)
            known = self.ask("SELECT max(seq) FROM events")
            ended = self.life(run, kills >= MOST_KILLS_OF_A_RUN or self.count.enough())
            now = self.ask("SELECT max(seq) FROM events")
            if known and known[0][0] and now[0][0] < known[0][0] and run:
                raise Wrong("events were lost: %s, then %s" % (known, now))
            if ended is None:
                kills += 1
                kills_in_row += 1
                if run is None and self.open_run() is None:
                    return  # killed before it had begun: there is no run, and nothing was done
                continue
            code, text = ended
            if code == 2 and run and "is in quarantine" in text:
                self.let_out(run, kills_in_row, text)
                kills_in_row = 0
                continue
            if code != 0:
                raise Wrong("exit code %s instead of 0:\n%s" % (code, text[-4000:]))
            break
        for (run,) in self.ask("SELECT id FROM runs"):
            if run not in self.runs:
                self.runs.append(run)
        self.judge_run()

    # ---- the judge

    def judge_run(self):
        for host in HOSTS:
            if self.restarts(host) != len(self.runs):
                raise Wrong("%s was restarted %d times in %d runs" % (host, self.restarts(host), len(self.runs)))
            if not os.path.exists(os.path.join(self.folder, host, "srv/web/in-service")):
                raise Wrong("%s was left out of the balancer" % host)

    def judge_end(self):
        rows = self.ask("SELECT id, phase, end FROM runs")
        if sorted(row[0] for row in rows) != sorted(self.runs):
            raise Wrong("runs are lost: %s, the journal has %s" % (self.runs, rows))
        for row in rows:
            if row[1:] != ("ended", "done"):
                raise Wrong("not done: %s" % (row,))
        for table in ("slots", "locks"):
            if self.ask("SELECT * FROM " + table):
                raise Wrong("%s are still held" % table)
        intents = {json.loads(row[0])["intent"] for row in self.ask("SELECT body FROM events WHERE kind = 'intent'")}
        for host in HOSTS:
            order = self.of_host(host, "permit/order")
            for intent in order:
                if intent not in intents:
                    raise Wrong("%s acted on %s, which is in no journal" % (host, intent))
            if len(order) != len(set(order)):
                raise Wrong("%s began an intent twice" % host)


def main():
    unjam, example, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    count = Count(kills)
    fleets = [Fleet(unjam, example, folder, random.Random("%d %s" % (seed, folder[-8:])), count) for folder in sys.argv[5:]]
    began = time.monotonic()
    for fleet in fleets:
        fleet.start()
    for fleet in fleets:
        fleet.join()
    print("seed %d: %d kills in %d s, %d lives, %d runs, %d times in quarantine; %s" % (
        seed, count.kills, time.monotonic() - began, sum(f.lives for f in fleets), sum(len(f.runs) for f in fleets),
        count.quarantines, ", ".join("%s %d" % item for item in sorted(count.by_moment.items()))))
    wrong = [fleet.wrong for fleet in fleets if fleet.wrong]
    for text in wrong:
        print(text)
    if wrong or count.kills < kills:
        sys.exit(1)
    print("no effect twice, none without an intent, nothing left owed, no run lost")


main()
