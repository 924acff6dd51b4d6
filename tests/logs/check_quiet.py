"""OP-11, OP-12: at level info, thousands of healthy feeds are not worth a line, however often they are polled; a feed that
fails is worth one until it recovers.

usage: check_quiet.py SOURCE_DIR BUILD_DIR
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from running_daemon import PATIENCE, Connection  # noqa: E402

BUILD = pathlib.Path(sys.argv[2]).resolve()
FEEDS, ROUNDS, FAILURES = 2000, 3, 3
FEED = "<rss version='2.0'><channel><title>T</title><item><title>One</title><link>http://n{0}.example/</link></item></channel></rss>"
faults = []


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


class Run:
    def __init__(self, root):
        self.root, self.web = root, root / "web"
        self.web.mkdir()
        for number in range(FEEDS):
            (self.web / f"{number}.xml").write_text(FEED.format(number))
        self.server = subprocess.Popen([BUILD / "bin/feedwire-sample-server", "--dir", self.web], stdout=subprocess.PIPE, text=True)
        urls = [self.server.stdout.readline().strip() for _ in range(FEEDS)]
        self.ill = next(url for url in urls if url.endswith("/0.xml"))
        (self.web / "0.xml").unlink()  # a 404
        # Whatever a busy machine makes of a request, it is no failure.
        (root / "feedwired.toml").write_text(
            'state_dir = "state"\nruntime_dir = "run"\n[fetch]\nallow = ["127.0.0.0/8"]\nhost_gap = "0s"\nledger = "0B"\n'
            'timeout = "1h"\nconnect_timeout = "1h"\n[schedule]\nfloor = "1s"\nmax_interval = "1s"\nbudget = 86400\n'
            '[store]\nmin_free = "0B"\nballast = "0B"\n' + "".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))
        self.log = root / "log"
        self.daemon = subprocess.Popen([BUILD / "bin/feedwired", "--config", root / "feedwired.toml"], stderr=self.log.open("w"))

    def get(self, path):
        try:
            connection = Connection(self.root / "run/feedwire.sock")
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except (FileNotFoundError, ConnectionRefusedError):
            return {}

    def wait_for(self, what, condition):
        end = time.monotonic() + 5 * PATIENCE
        while not condition():
            if time.monotonic() > end or self.daemon.poll() is not None:
                raise AssertionError(f"in vain: {what}: {self.log.read_text()[-1000:]}")
            time.sleep(0.1)

    def feed(self):
        return self.get("/v1/feeds/" + urllib.parse.quote(self.ill, safe=""))

    def live(self):
        self.wait_for("failures", lambda: self.feed().get("failures", 0) >= FAILURES)
        self.wait_for("polls", lambda: self.get("/v1/status")["polls"] >= FEEDS * ROUNDS)
        (self.web / "0.xml").write_text(FEED.format(0))
        self.wait_for("the recovery", lambda: self.feed()["state"] == "ok")
        return self.get("/v1/status")["polls"]

    def end(self):
        self.daemon.terminate()
        self.server.terminate()
        self.server.wait(PATIENCE)
        if self.daemon.wait(PATIENCE) != 0:
            fault("feedwired has not ended well")
        return self.log.read_text()


with tempfile.TemporaryDirectory() as name:
    run = Run(pathlib.Path(name))
    try:
        polls = run.live()
    finally:
        log = run.end()
EXPECTED = [rf"info ready feeds={FEEDS} ", r"info feed failing url=\S+/0\.xml feed_id=\S+ fetch_id=\S+ error=", r"info feed recovered url=\S+/0\.xml feed_id=\S+ fetch_id=\S+ failures=",
            r"info stopping signal=SIGTERM", r"info stopped"]
lines = [line.split(" ", 1)[1] for line in log.splitlines()]  # without the time
for line, expected in zip(lines, EXPECTED):
    if not re.match(expected, line):
        fault(f"{line}, not {expected}")
if len(lines) != len(EXPECTED):
    fault(f"{len(lines)} lines of {polls} polls, not {len(EXPECTED)}: {lines[:20]}")
print(f"{len(lines)} lines of {polls} polls" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
