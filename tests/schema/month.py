"""A month of a daemon's life in a minute: feeds that bring about every type of event, and feedwired, which is started
again and again while its wall clock goes ahead (tests/support/clock_shift_shim.cc)."""

import json
import os
import pathlib
import subprocess

HOUR, DAY = 3600, 86400
LONG = "<p>" + "A long text, which no line of 8 KiB can hold. " * 400 + "</p>"


def atom(*entries, deleted=()):
    return ('<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
            '<title>News</title><id>tag:news.example,2026:f</id><updated>2026-11-01T00:00:00Z</updated>'
            + "".join(f'<at:deleted-entry ref="tag:news.example,2026:{name}" when="2026-11-02T00:00:00Z"/>' for name in deleted)
            + "".join(f'<entry><title>{title}</title><id>tag:news.example,2026:{name}</id>'
                      f'<link href="http://news.example/{name}"/><author><name>A</name></author>'
                      f'<published>2026-11-01T0{9 - place}:00:00Z</published><updated>2026-11-01T0{9 - place}:00:00Z</updated>'
                      f'<content type="html"><![CDATA[{text}]]></content></entry>'
                      for place, (name, title, text) in enumerate(entries)) + "</feed>")


def rss(site, *items):
    return (f"<rss version='2.0'><channel><title>T</title><link>http://{site}/</link>"
            + "".join(f"<item><title>{title}</title><link>http://{site}/{name}</link><guid>http://{site}/{name}</guid>"
                      "</item>" for name, title in items) + "</channel></rss>")


def json_feed(first, last, following=""):
    items = [{"id": f"http://paged.example/{i}", "url": f"http://paged.example/{i}", "content_text": f"Text {i}",
              "date_published": f"2026-10-01T{i // 2:02}:{i % 2 * 30:02}:00Z"}
             for i in range(last, first - 1, -1)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "P", "items": items}
                      | ({"next_url": following} if following else {}))


class Month:
    """Runs feedwired on `root`; every line that was ever in the log is in `lines`, by source and sequence."""

    def __init__(self, build, root, web):
        self.build, self.root, self.web = pathlib.Path(build), pathlib.Path(root), web
        self.config, self.lines, self.now, self.feeds = self.root / "feedwired.toml", {}, 0, {}

    def run(self, *argv, expect=0):
        environment = os.environ | {"LD_PRELOAD": str(self.build / "tests/support/libfeedwire-clock-shift.so"),
                                    "FEEDWIRE_CLOCK_SHIFT": str(self.now)}
        # feedwire and the parse workers do without: their clock does not count.
        done = subprocess.run([self.build / "bin" / argv[0], *argv[1:], "--config", self.config], capture_output=True,
                              text=True, env=environment if argv[0] == "feedwired" else None, check=False)
        if done.returncode != expect:
            raise AssertionError(f"{argv} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def subscribe(self, name, url, **settings):
        self.feeds[name] = {"url": url, "name": name} | settings

    def pass_by(self, seconds):
        """So much later, feedwired looks at all feeds that are due."""
        self.now += seconds
        tables = "".join("[[feed]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in feed.items())
                         for feed in self.feeds.values())
        self.config.write_text('state_dir = "state"\nruntime_dir = "run"\n[log]\nlevel = "error"\n[fetch]\n'
                               'allow = ["127.0.0.0/8"]\nhost_gap = "0s"\nledger = "0B"\n[schedule]\nfloor = "1s"\n'
                               'max_interval = "1s"\n[store]\nmin_free = "0B"\nballast = "0B"\n[events]\n'
                               'max_line = "8KiB"\n' + tables)
        self.run("feedwired", "--once")
        self.gather()

    def gather(self):
        for path in sorted((self.root / "state/events").glob("*.ndjson")):
            for line in path.read_text().splitlines():
                event = json.loads(line)
                self.lines[event["source"], event["sequence"]] = event

    def publish(self, entries, deleted=()):
        self.web.page(1, "/news", atom(*entries, deleted=deleted))

    def first_day(self):
        a, b, c, d = self.entries = [[name, f"The {name} of it all", f"<p>Of {name}.</p>"] for name in "abcd"]
        d[2] = LONG
        self.publish([a, b, c, d])
        self.subscribe("news", self.web.url(1, "/news"), tags=["x"], title="The news")
        self.subscribe("copy", self.web.page(1, "/copy", rss("news.example", ("a", "A"))))
        self.subscribe("paged", self.web.page(1, "/paged", json_feed(1, 10)))
        self.subscribe("shop", self.web.page(1, "/shop", rss("shop.example", ("1", "One"), ("2", "Two"))))
        self.subscribe("site", self.web.page(1, "/site", "<!DOCTYPE html><html><head><link rel='alternate' "
                                             "type='application/rss+xml' href='/found'></head></html>"))
        self.web.page(1, "/found", rss("site.example", ("1", "One")))
        self.subscribe("slow", self.web.page(1, "/slow", rss("slow.example", ("1", "One"))), interval="1h")
        self.subscribe("patient", self.web.page(2, "/patient", status=503, Retry_After=str(4 * DAY)))
        self.subscribe("fails", self.web.page(3, "/fails", status=500))
        self.subscribe("gone", self.web.page(4, "/gone", status=410))
        self.pass_by(0)
        a[1], a[2] = "Another title altogether", LONG
        self.publish([a, d], deleted=["b"])  # c is missing between two that stay
        self.web.page(1, "/paged", json_feed(31, 40, self.web.url(1, "/paged2")))
        self.web.page(1, "/paged2", json_feed(8, 32))
        self.feeds["shop"] |= {"identity": "link"}
        self.web.page(1, "/shop", rss("shop.example", ("1", "One"), ("2", "Two"), ("3", "Three")))
        self.feeds["slow"] |= {"interval": "6h"}
        self.feeds["copy"] |= {"tags": ["y"]}
        self.pass_by(2 * HOUR)
        self.publish([a, b, d])
        del self.feeds["copy"]
        self.pass_by(2 * HOUR)

    def flap(self):
        a = self.entries[0]
        for turn in range(5):
            a[1] = "To" if turn % 2 else "Fro"
            self.publish(self.entries[:1])
            self.pass_by(HOUR)

    def other_days(self):
        self.subscribe("doubt", self.web.page(1, "/doubt", rss("doubt.example", ("1", "One"))), identity="enclosure")
        for _ in range(31):
            self.pass_by(DAY + HOUR)
        self.web.page(3, "/fails", rss("fails.example", ("1", "One")))
        self.pass_by(2 * DAY)
        self.run("feedwire", "log", "new-epoch")
        self.pass_by(HOUR)
        # What is in no file: the gap where retention has been, and the entries as they are.
        for text in (self.run("feedwire", "tail", "--after", "1"), self.run("feedwire", "snapshot")):
            for line in text.splitlines():
                event = json.loads(line)
                self.lines.setdefault((event["source"], event["id"] if event["type"].startswith(
                    ("feedwire.log.", "feedwire.entry.snapshot")) else event["sequence"]), event)

    def live(self):
        self.first_day()
        self.flap()
        self.other_days()
        return list(self.lines.values())
