#!/usr/bin/env python3
"""Watches an event log as a stranger would, while its writer is killed, and says what is wrong.

Usage: log_checker.py EVENTS_DIR, until SIGTERM; then everything is read once more.

It shares nothing with feedwire: it knows storage/event_log.md alone. It checks that

- a file keeps its inode, never shrinks, and its bytes, once read, never change (SHA-256 of all
  that was read of it, taken again from the disk);
- whole lines are JSON objects whose sequences go up by one through all files in the order of
  their names;
- an id is given once in a log (`source`), and an entry has each revision once;
- no file with a segment's name is ever shorter than 1,100 bytes or without a whole first line.

Ends with 0 and a line of figures, or with 1 and what it found.
"""

import hashlib
import json
import os
import re
import signal
import sys
import time

NAME = re.compile(r"events-\d{4}-(\d{20})\.ndjson")
LOOK_EVERY = 0.02  # seconds
REREAD_EVERY = 25  # looks


class Wrong(Exception):
    pass


class Segment:
    def __init__(self, path, first):
        self.path, self.next_sequence = path, first
        self.inode = os.stat(path).st_ino
        self.size = 0
        self.sha = hashlib.sha256()
        self.rest = b""  # of a line whose end is not there yet

    def read_on(self):
        """What is new in the file."""
        with open(self.path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_ino != self.inode:
                raise Wrong(f"{self.path}: another file has taken its name")
            if status.st_size < self.size:
                raise Wrong(f"{self.path}: {self.size} bytes were there, now {status.st_size}")
            file.seek(self.size)
            new = file.read()
        self.size += len(new)
        self.sha.update(new)
        return new

    def check_again(self):
        sha = hashlib.sha256()
        with open(self.path, "rb") as file:
            sha.update(file.read(self.size))
        if sha.digest() != self.sha.digest():
            raise Wrong(f"{self.path}: bytes that were read have changed since")


class Checker:
    def __init__(self, events_dir):
        self.dir = events_dir
        self.segments = {}  # by name
        self.ids, self.revisions = set(), set()
        self.events = self.looks = 0

    def look(self, everything):
        try:
            names = sorted(filter(NAME.fullmatch, os.listdir(self.dir)))
        except FileNotFoundError:
            return
        for name in names:
            if name not in self.segments:
                self.add(name)
        for name in names[:] if everything else names[-3:]:
            segment = self.segments[name]
            if everything or self.looks % REREAD_EVERY == 0:
                segment.check_again()
            for line in self.lines(segment):
                self.check_line(segment, line)
        self.looks += 1

    def add(self, name):
        segment = Segment(os.path.join(self.dir, name), int(NAME.fullmatch(name).group(1)))
        with open(segment.path, "rb") as file:
            start = file.read(1 << 20)
        if len(start) < 1100 or b"\n" not in start:
            raise Wrong(f"{name}: has its name with {len(start)} bytes and no whole first line")
        # A segment is begun only behind the last line of the one before.
        before = max((each for each in self.segments if each < name), default=None)
        self.segments[name] = segment
        if before is None:
            if segment.next_sequence != 1:
                raise Wrong(f"{name}: the log does not begin with event 1")
            return
        for line in self.lines(self.segments[before]):
            self.check_line(self.segments[before], line)
        expected = self.segments[before].next_sequence
        if segment.next_sequence != expected:
            raise Wrong(f"{name}: event {expected} should be the first")

    @staticmethod
    def lines(segment):
        text = segment.rest + segment.read_on()
        *whole, segment.rest = text.split(b"\n")
        return whole

    def check_line(self, segment, line):
        where = f"{segment.path}, event {segment.next_sequence}"
        try:
            event = json.loads(line)
        except ValueError as error:
            raise Wrong(f"{where}: {error}: {line[:200]!r}") from error
        if int(event["sequence"]) != segment.next_sequence:
            raise Wrong(f"{where}: the line has the sequence {event['sequence']}")
        segment.next_sequence += 1
        self.events += 1
        name = (event["source"], event["id"])
        if name in self.ids:
            raise Wrong(f"{where}: the id {event['id']} is there twice")
        self.ids.add(name)
        data = event["data"]
        if data.get("op") in ("c", "u", "d"):
            revision = (event["source"], event["subject"], data["rev"])
            if revision in self.revisions:
                raise Wrong(f"{where}: revision {data['rev']} of {event['subject']} is there twice")
            self.revisions.add(revision)


def main():
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    checker = Checker(sys.argv[1])
    try:
        while not stop:
            checker.look(everything=False)
            time.sleep(LOOK_EVERY)
        checker.look(everything=True)
        for segment in checker.segments.values():
            if segment.rest:
                raise Wrong(f"{segment.path}: its last line has no end")
    except Wrong as wrong:
        print(f"wrong: {wrong}", flush=True)
        return 1
    print(f"{checker.events} events, {len(checker.segments)} files, {checker.looks} looks")
    return 0


sys.exit(main())
