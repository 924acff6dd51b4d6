#!/usr/bin/env python3
"""conformance_test.py cases|real FEEDWIRE_PARSE

cases: passes the cases of $FEEDWIRE_SHARED/conformance to feedwire-parse. At least 99.0 % have to
       pass, in each category as many as the better of two other readers passes, and what does not
       pass has to be in known_differences.tsv, with a reason. A case there that passes is an error
       too, so that the list stays true.
real:  counts the entries of whole feeds. Each has as many as feedparser finds, or those that
       real_feeds.tsv says, with a reason.

Exit code 77 (skipped) where FEEDWIRE_SHARED names no folder with these documents."""

import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
MIN_RATE = 99.0
JOBS = 2

# Per cent of a category's cases that the better of feedparser 6.0.10 and gofeed 1.1.3 passes.
PEERS = {
    "atom": 98.3, "base-url": 96.7, "dates": 76.2, "encoding": 96.9, "encoding-guess": 84.4,
    "entities": 98.5, "illformed": 78.5, "itunes": 78.9, "jsonfeed": 55.2, "lang": 100.0,
    "namespaces": 89.8, "not-a-feed": 100.0, "rdf": 88.0, "real-feed": 97.1, "robustness": 100.0,
    "sanitize": 97.7, "wellformed-rss": 97.5,
}


def read_table(name):
    """The rows of a table beside this script, by their first column; "#" begins a comment."""
    with open(pathlib.Path(__file__).with_name(name), encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.strip() and not line.startswith("#")]
    return {row[0]: row[1:] for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def run_suite(folder, parser):
    """What run_suite.py says of each case."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.json"
        command = f"'{parser}' --url {{url}} --content-type {{content_type}} {{file}}"
        subprocess.run(
            [sys.executable, folder / "run_suite.py", "--cases", folder / "cases.ndjson",
             "--root", folder / "files", "--cmd", command, "--jobs", str(JOBS), "--json", report],
            stdout=subprocess.DEVNULL, check=False)
        return json.loads(report.read_text(encoding="utf-8"))


def check_cases(folder, parser):
    results = run_suite(folder, parser)
    known = read_table("known_differences.tsv")
    errors = []
    for result in results:
        case, status = result["id"], result["status"]
        if status in ("crash", "timeout"):
            errors.append(f"{case}: {status}: {result['why']}")
        elif status == "fail" and case not in known:
            errors.append(f"{case}: fails and is no known difference: {result['why']}")
        elif status == "pass" and case in known:
            errors.append(f"{case}: passes; take it out of known_differences.tsv")
    cases = {result["id"] for result in results}
    errors += [f"{case}: a known difference, but no case" for case in known if case not in cases]

    passed, total = collections.Counter(), collections.Counter()
    for result in results:
        for group in (result["category"], "all"):
            total[group] += 1
            passed[group] += result["status"] == "pass"
    for group in total:
        rate = 100 * passed[group] / total[group]
        wanted = MIN_RATE if group == "all" else PEERS.get(group, MIN_RATE)
        print(f"{group:16} {passed[group]:5} of {total[group]:5} {rate:6.1f} %, at least {wanted}")
        if rate < wanted:
            errors.append(f"{group}: {rate:.1f} %, at least {wanted}")
    return errors


def count_entries(parser, path):
    ran = subprocess.run([parser, "--url", "https://feeds.example/", path],
                         capture_output=True, check=False)
    return len(json.loads(ran.stdout)["items"]) if ran.returncode == 0 else ran.stderr.decode()


def check_real(folder, parser):
    feeds = json.loads((folder / "real" / "manifest.json").read_text(encoding="utf-8"))
    better = read_table("real_feeds.tsv")
    names = {feed["file"] for feed in feeds}
    errors = [f"{name}: in real_feeds.tsv, but no feed" for name in better if name not in names]
    paths = [folder / "real" / feed["file"] for feed in feeds]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        counts = list(pool.map(lambda path: count_entries(parser, path), paths))
    for feed, found in zip(feeds, counts):
        expected = int(better.get(feed["file"], [feed["entries"]])[0])
        if found != expected:
            errors.append(f"{feed['file']}: {found} entries, expected {expected}")
    print(f"{len(feeds)} feeds, {sum(feed['entries'] for feed in feeds)} entries by feedparser")
    return errors


def main():
    what, parser = sys.argv[1], os.path.abspath(sys.argv[2])
    folder = pathlib.Path(os.environ.get("FEEDWIRE_SHARED", "/nonexistent")) / "conformance"
    if not folder.is_dir():
        print("skipped: FEEDWIRE_SHARED names no folder with conformance/")
        return SKIPPED
    errors = {"cases": check_cases, "real": check_real}[what](folder, parser)
    for error in errors:
        print("FAILED", error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
