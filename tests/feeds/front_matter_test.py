"""The front matter that `feedwire parse --format markdown` prints is read by a YAML parser as what
the JSON of the same entries says, whatever a title holds. Usage: front_matter_test.py FEEDWIRE_PARSE
"""

import datetime
import json
import random
import subprocess
import sys

import yaml

HOSTILE = [
    "plain", "a: b", "- item", "--- ", "---\ntitle: other", "...", "# comment", "a #b", "yes", "No",
    "null", "~", "", " ", "2025-02-03", "1e3", "0x10", "1:30", ".inf", "=", "<<", "*alias", "&anchor",
    "!!python/object:os.system", "!tag", "%YAML 1.2", "@at", "`tick`", "| literal", "> folded", "{a: b}",
    "[a, b]", "?", "? key", ": value", "'single'", '"double"', "it's \"both\"", "back\\slash",
    "trailing\\", "\\n not a line", "\\x41", "tab\there", "line\nbreak", "cr\rhere", "nul\0byte",
    "bell\x07", "del\x7f", "nel\x85", "ls\u2028ps\u2029", "bom\ufeff", "nbsp\u00a0x", "雷峰网:《你好》",
    "emoji 😀 \U0001f468\u200d\U0001f469", "rtl \u202e reversed", "nonchar \uffff", "\U0010ffff", "<b>&amp;</b>",
    "{{ template }}", "{% raw %}", "${HOME}", "$(id)", "<!-- feedwire: next entry -->",
]
SEPARATOR = "<!-- feedwire: next entry -->\n"


def titles():
    rng = random.Random(3)
    alphabet = ":#-'\"\\\n\t{}[]&*!|>%@` ,?a1\u00e9\u2028\u4f60\U0001f600"
    return HOSTILE + ["".join(rng.choices(alphabet, k=rng.randrange(1, 30))) for _ in range(500)]


def parse(program, document, output):
    run = subprocess.run([program, "--format", output, "-"], input=document, stdout=subprocess.PIPE, check=True)
    return run.stdout.decode()


def main(program):
    items = [{"id": str(number), "title": title, "content_text": title or "x", "tags": [title, "tag"],
              "authors": [{"name": title}], "image": "https://example.org/i.png?a=1&b=\"2\"",
              "date_published": "2025-02-03T22:05:26+08:00"} for number, title in enumerate(titles())]
    document = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    expected = json.loads(parse(program, document, "json"))["items"]
    pages = parse(program, document, "markdown").split(SEPARATOR)
    assert len(pages) == len(expected) == len(items), (len(pages), len(expected), len(items))
    for page, item in zip(pages, expected):
        opening, front_matter, body = page.split("---\n", 2)
        assert opening == "" and body.startswith("\n"), page
        fields = yaml.safe_load(front_matter)
        assert fields.get("title", "") == item.get("title", ""), (page, item)
        assert fields["categories"] == item["tags"], (page, item)
        author = ", ".join(person["name"] for person in item.get("authors", []))
        assert fields.get("author", "") == author, (page, item)
        assert fields["headimg"] == fields["thumbnail"] == item["image"], (page, item)
        assert fields["date"] == datetime.datetime(2025, 2, 3, 14, 5, 26, tzinfo=datetime.timezone.utc), page


main(sys.argv[1])
