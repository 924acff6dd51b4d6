"""Polls a few scripted servers with feedwired, kills it, and holds the numbers of /metrics against what has happened.

usage: check_counts.py BUILD_DIR
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from running_daemon import PATIENCE, Connection  # noqa: E402
from scripted_web import ScriptedWeb  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
faults = []


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


def feed(entries, edited=None):
    return "<rss version='2.0'><channel><title>T</title>" + "".join(
        f"<item><guid>{n}</guid><title>Entry {n}</title><description>{'Anew' if n == edited else 'Text'} of entry {n}, told at length"
        "</description></item>" for n in entries) + "</channel></rss>"


class Watched:
    def __init__(self, root, urls):
        self.root, self.file = root, root / "feedwired.toml"
        self.file.write_text(
            f'state_dir = "{root}/state"\nruntime_dir = "{root}/run"\n[log]\nlevel = "error"\n[store]\nmin_free = "0B"\n'
            'ballast = "0B"\n[fetch]\nallow = ["127.0.0.0/8"]\nhost_gap = "0s"\n' + "".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))

    def start(self):
        self.daemon = subprocess.Popen([BUILD / "bin/feedwired", "--config", self.file])

    def metrics(self):
        """{"name{labels}": value}"""
        connection = Connection(self.root / "run/feedwire.sock")
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return {name: float(value) for name, value in re.findall(r"^([a-z]\S*) (\S+)$", text, re.M)}

    def wait_for(self, what, condition):
        end = time.monotonic() + PATIENCE
        seen = {}
        while time.monotonic() < end:
            try:
                seen = self.metrics()
                if condition(seen):
                    return seen
            except (FileNotFoundError, ConnectionRefusedError):
                pass
            time.sleep(0.1)
        fault(f"in vain: {what}")
        return seen

    def poll(self, url):
        subprocess.run([BUILD / "bin/feedwire", "feed", "poll", url, "--wait", "--force", "check", "--config", self.file],
                       check=True, capture_output=True, timeout=PATIENCE)

    def expect(self, when, seen, expected):
        for name, value in expected.items():
            if seen.get(name) != value:
                fault(f"{when}: {name} is {seen.get(name)}, not {value}")


def results(seen):
    """By result, those that are not 0."""
    return {name.split('"')[1]: value for name, value in seen.items() if name.startswith("feedwire_fetches_total{") and value}


def check(root, web):
    good = web.page(1, "/good", feed([1, 2, 3]))
    urls = [good, web.url(2, "/missing"), web.page(3, "/broken", status=500), web.page(4, "/page", "no feed"),
            web.url(4, "/loop"), web.url(9, "/closed"), "http://10.255.255.1/private"]
    web.page(4, "/loop", status=302, Location=urls[4])
    watched = Watched(root, urls)
    watched.start()
    try:
        first = {"ok": 1, "http_4xx": 1, "http_5xx": 1, "parse_error": 1, "redirect": 1, "connect": 1, "blocked": 1}
        seen = watched.wait_for(f"{first}", lambda now: sum(results(now).values()) == len(urls) and
                                now["feedwire_event_log_unsynced_events"] == 0)
        if results(seen) != first:
            fault(f"results are {results(seen)}, not {first}")
        body = len(feed([1, 2, 3]))
        watched.expect("first polls", seen, {
            "feedwire_fetch_duration_seconds_count": len(urls), "feedwire_fetches_in_flight": 0,
            'feedwire_fetch_duration_seconds_bucket{le="+Inf"}': len(urls), "feedwire_schedule_lag_seconds": 0,
            'feedwire_fetch_bytes_total{direction="wire"}': body + 7, 'feedwire_fetch_bytes_total{direction="decoded"}': body + 7,
            'feedwire_items_total{outcome="new"}': 3, 'feedwire_items_total{outcome="duplicate"}': 0,
            "feedwire_recovery_rewritten_lines_total": 0, "feedwire_db_stall_seconds_total": 0})
        if not 0 < seen["feedwire_fetch_duration_seconds_sum"] < len(urls) * PATIENCE:
            fault(f"requests took {seen['feedwire_fetch_duration_seconds_sum']} s")
        commits = seen["feedwire_commit_duration_seconds_count"]
        if not 1 <= commits <= len(urls) or not 1 <= seen["feedwire_segment_sync_duration_seconds_count"] <= 2 * commits:
            fault(f"{commits} commits, {seen['feedwire_segment_sync_duration_seconds_count']} syncs")
        if seen["feedwire_db_wal_bytes"] < 1000:
            fault(f"the write-ahead log has {seen['feedwire_db_wal_bytes']} bytes")

        watched.poll(good)  # the same body again
        web.page(1, "/good", feed([1, 2, 4], edited=2))
        watched.poll(good)
        seen = watched.metrics()
        if results(seen) != first | {"ok": 2, "not_modified": 1}:
            fault(f"later results are {results(seen)}")
        watched.expect("later polls", seen, {
            "feedwire_fetch_duration_seconds_count": len(urls) + 2, "feedwire_commit_duration_seconds_count": commits + 2,
            'feedwire_fetch_bytes_total{direction="wire"}': 3 * body + 7, 'feedwire_items_total{outcome="new"}': 4,
            'feedwire_items_total{outcome="updated"}': 1, 'feedwire_items_total{outcome="duplicate"}': 1,
            'feedwire_items_total{outcome="rejected"}': 0})
    finally:
        watched.daemon.kill()
        watched.daemon.wait(PATIENCE)
    lines = seen["feedwire_event_log_last_sequence"]
    watched.start()
    try:
        seen = watched.wait_for("recovery", lambda now: now["feedwire_ready"] == 1)
        watched.expect("recovery", seen, {"feedwire_recovery_rewritten_lines_total": lines})
        if not seen["feedwire_recovery_duration_seconds"] > 0 or not seen['feedwire_db_sst_bytes{cf="entries"}'] > 0:
            fault("recovery took no time, or the database has no tables")
    finally:
        watched.daemon.terminate()
        watched.daemon.wait(PATIENCE)


with ScriptedWeb(4) as scripted, tempfile.TemporaryDirectory() as folder:
    check(pathlib.Path(folder), scripted)
print("the numbers are as they should be" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
