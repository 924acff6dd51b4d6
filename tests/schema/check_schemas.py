"""Holds storage/event.schema.json and feeds/parsed_feed.schema.json against what the programs print: every type of event
of a month of feedwired, and what feedwire parse makes of all test data. What is wrong must be refused.

usage: check_schemas.py SOURCE_DIR BUILD_DIR
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from month import Month  # noqa: E402
from scripted_web import ScriptedWeb  # noqa: E402

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
EVENT = json.loads((SOURCE / "storage/event.schema.json").read_text())
PARSED = json.loads((SOURCE / "feeds/parsed_feed.schema.json").read_text())
BASE = "file:///schema/"  # one folder, as they are installed
faults = []

# Members of `data` that a month does not bring about; tests/storage/ has them.
UNSEEN = {"entry.created": {"replay_suspect"}, "entry.deleted": {"before", "omitted", "full"},
          "entry.restored": {"omitted", "full"}, "feed.added": {"prev_rev"}, "feed.warning": {"offset"}}


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


def validator(schema, name):
    jsonschema.Draft202012Validator.check_schema(schema)
    with warnings.catch_warnings():  # later versions of jsonschema have another way, Debian 12's has not
        warnings.simplefilter("ignore")
        resolver = jsonschema.RefResolver(BASE + name, schema, store={BASE + "parsed_feed.schema.json": PARSED})
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


events = validator(EVENT, "event.schema.json")
parsed = validator(PARSED, "parsed_feed.schema.json")


def check(what, schema, document):
    for error in schema.iter_errors(document):
        fault(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def documented_types():
    """Of the first column of the tables of types in storage/event_log.md: "`feedwire.a.b`, `.c`" are two."""
    types = set()
    for cell in re.findall(r"^\| (`feedwire\.[^|]*) \|", (SOURCE / "storage/event_log.md").read_text(), re.M):
        prefix = ""
        for name in re.findall(r"`([a-z._]+)`", cell):
            name = prefix + name if name.startswith(".") else name
            prefix = name[:name.rindex(".")]
            types.add(name)
    return types


def data_members(schema):
    """The names of the members of `data` that the schema of a type knows."""
    names = set(schema.get("properties", {}))
    if "allOf" in schema:
        names |= set(EVENT["$defs"]["feed_note"]["properties"])
    for choice in schema.get("oneOf", []):
        names |= set(choice["properties"])
    return names


def check_month():
    """Returns an event of each type."""
    with ScriptedWeb(4) as web, tempfile.TemporaryDirectory() as folder:
        lines = Month(BUILD, folder, web).live()
    samples, seen = {}, {}
    for event in lines:
        kind = event["type"].removeprefix("feedwire.")
        check(event["id"], events, event)
        samples.setdefault(kind, event)
        seen.setdefault(kind, set()).update(event["data"])
    listed = set(EVENT["properties"]["type"]["enum"])
    for name in sorted(documented_types() ^ listed):
        fault(f"{name}: not in both the schema and storage/event_log.md")
    for name in sorted(listed):
        kind = name.removeprefix("feedwire.")
        if kind not in seen:
            fault(f"{name}: a month of feedwired has brought none")
        elif kind in EVENT["$defs"]:
            for member in sorted(data_members(EVENT["$defs"][kind]) - seen[kind] - UNSEEN.get(kind, set())):
                fault(f"{name}: no event has {member}")
    return samples


def parse(*files):
    argv = [BUILD / "bin/feedwire", "parse", "--format", "ndjson", "--url", "https://feeds.example/dir/name", *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def names_of(schema, found):
    """All names of members that a schema knows, its definitions' too."""
    if isinstance(schema, dict):
        found.update(schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else {})
        for part in schema.values():
            names_of(part, found)
    elif isinstance(schema, list):
        for part in schema:
            names_of(part, found)
    return found


def members_of(document, found):
    if isinstance(document, dict):
        found.update(document)
    for part in document.values() if isinstance(document, dict) else document if isinstance(document, list) else []:
        members_of(part, found)
    return found


def check_parsed():
    """Returns one of the feeds."""
    files = [path for path in sorted((SOURCE / "tests/data/feeds").iterdir()) if not path.stem.endswith(".expected")]
    feeds = parse(*files)
    if len(feeds) < len(files) or len(feeds) < 40:
        fault(f"{len(files)} documents have given {len(feeds)} feeds")
    seen = set()
    for path, feed in zip(files, feeds):
        check(path.name, parsed, feed)
        members_of(feed, seen)
    for name in sorted(names_of(PARSED, set()) - seen):
        fault(f"parsed_feed.schema.json: no document of tests/data/feeds has {name}")
    return feeds[[path.name for path in files].index("json11.json")]


def changed(document, path, value):
    """A copy with another value at "a/b/0"; None takes the member away, "null" is null."""
    document = copy.deepcopy(document)
    *way, last = path.split("/")
    place = document
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[last] = None if value == "null" else value
    return document


WRONG_EVENTS = [
    ("entry.created", "specversion", "1.1"), ("entry.created", "id", "x"), ("entry.created", "id", None),
    ("entry.created", "source", "urn:uuid:1"), ("entry.created", "type", "feedwire.entry.made"),
    ("entry.created", "type", "feedwire.entry.updated"), ("entry.created", "sequence", "7"),
    ("entry.created", "sequence", 7), ("entry.created", "sequence", None), ("entry.created", "subject", None),
    ("entry.created", "subject", "f-0123456789abcdef"), ("entry.created", "time", "2026-11-21T21:15:01Z"),
    ("entry.created", "recordedtime", "2026-13-21T21:15:01.000000Z"), ("entry.created", "extra", 1),
    ("entry.created", "dataschema", "urn:feedwire:schema:entry.updated:1"), ("entry.created", "data", []),
    ("entry.created", "data/op", "u"), ("entry.created", "data/rev", 2), ("entry.created", "data/after", "null"),
    ("entry.created", "data/after/more", 1), ("entry.created", "data/after/_feedwire/more", 1),
    ("entry.created", "data/after/_feedwire", None), ("entry.created", "data/after/_feedwire/bracket", ["null"]),
    ("entry.created", "data/after/_feedwire/first_seen", None), ("entry.created", "data/after/title", ""),
    ("entry.created", "data/after/url", "/relative"), ("entry.created", "data/after/authors", []),
    ("entry.created", "data/cause", "tombstone"), ("entry.created", "data/omitted", ["title"]),
    ("entry.created", "data/feed/feed_id", "f-1"), ("entry.created", "data/feed/more", 1),
    ("entry.created", "data/key/entry_key", "0"), ("entry.created", "data/initial", False),
    ("entry.updated", "data/changed", ["guid"]), ("entry.updated", "data/changed", []),
    ("entry.updated", "data/significance", "some"), ("entry.updated", "data/prev_rev", None),
    ("entry.updated", "data/before/more", 1), ("entry.deleted", "data/after", {}),
    ("entry.deleted", "data/cause", "purge"), ("entry.sighted", "data/after", {}), ("entry.sighted", "data/seen", None),
    ("entry.snapshot", "data/fetch_id", "x-0123456789abcdef-1"), ("feed.added", "data/after", "null"),
    ("feed.added", "data/after/identity", "auto"), ("feed.changed", "data/before", None), ("feed.removed", "data/after", {}),
    ("feed.failing", "data/error", None), ("feed.gone", "data/failures", 3), ("feed.moved", "data/cause", "other"),
    ("feed.moved", "data/to", "ftp://a.example/"), ("feed.gap", "data/est_missed", -1), ("feed.schedule", "data/to", "6h"),
    ("feed.gap_closed", "data/pages", None), ("feed.identity_changed", "data/to", "url"),
    ("feed.warning", "data/code", "other"), ("feed.warning", "data/seconds", None), ("feed.recovered", "data/more", 1),
    ("log.segment_opened", "subject", "s-1"), ("log.segment_opened", "data/file", "current"),
    ("log.segment_closed", "data/sha256", "00"), ("log.epoch_started", "data/epoch", 0), ("log.gap", "data/from", 1),
    ("log.snapshot", "sequence", "00000000000000000001"), ("log.snapshot_ended", "data/entries", None),
]
WRONG_FEEDS = [
    ("version", "https://jsonfeed.org/version/1"), ("items", None), ("title", "null"), ("title", ""), ("more", 1),
    ("_feedwire", None), ("_feedwire/format", "rss-3.0"), ("_feedwire/more", 1), ("_feedwire/ttl_minutes", "60"),
    ("_feedwire/problems", [{"code": "other", "message": "x"}]), ("_feedwire/skip_hours", [24]), ("authors", [{}]),
    ("hubs", [{"type": "x"}]), ("items/0/id", None), ("items/0/more", 1), ("items/0/date_published", "2026-11-21"),
    ("items/0/date_published", "2026-11-21T21:15:01+01:00"), ("items/0/url", "javascript:x"),
    ("items/0/attachments", [{"mime_type": "a/b"}]), ("items/0/tags", [""]), ("items/0/_feedwire/more", 1),
    ("items/0/_feedwire/first_seen", "2026-11-21T21:15:01.000000Z"), ("items/0/_feedwire/comments_count", 2**54),
    ("items/0/_feedwire/geo", {"type": "Point", "coordinates": [1]}),
    ("items/0/_feedwire/geo", {"type": "LineString", "coordinates": [[1, 91], [2, 3]]}),
]


def check_wrong(samples, feed):
    for kind, path, value in WRONG_EVENTS:
        if kind in samples and events.is_valid(changed(samples[kind], path, value)):
            fault(f"{kind} with {path} = {value} is not refused")
    for path, value in WRONG_FEEDS:
        if parsed.is_valid(changed(feed, path, value)):
            fault(f"a feed with {path} = {value} is not refused")


one_feed = check_parsed()
one_of_each = check_month()
check_wrong(one_of_each, one_feed)
print(f"{len(one_of_each)} types of events are as the schema has them" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
