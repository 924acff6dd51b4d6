"""Puts the page together: style and scripts into index.html, that and its policy into a C++ file.

usage: embed.py PAGE_DIR OUTPUT
"""

import base64
import hashlib
import pathlib
import sys

DIR, OUTPUT = (pathlib.Path(argument) for argument in sys.argv[1:])
STRING_BYTES = 8 << 10  # of one literal, so that no compiler minds


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def literal(text):
    """A C++ string with the bytes of the text."""
    data = text.encode()
    parts = [data[at : at + STRING_BYTES] for at in range(0, len(data), STRING_BYTES)]
    escaped = ("".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in part) for part in parts)
    return "\n    ".join(f'"{part}"' for part in escaped)


SCRIPTS = ("text.js", "api.js", "stream.js", "health.js", "events.js", "feeds.js", "chart.js", "feed.js", "page.js")


def read(name):
    return (DIR / name).read_text(encoding="utf-8")


style, script = read("page.css"), "".join(read(name) for name in SCRIPTS)
page = read("index.html")
for mark, text, end in (("/* page.css */", style, "</style"), ("/* page.js */", script, "</script")):
    if page.count(mark) != 1:
        sys.exit(f"index.html: {mark} should be there once")
    if end in text.lower():
        sys.exit(f"{mark} would end early")
    page = page.replace(mark, text)

# Nothing but what the page itself holds, and nobody may frame it. Its icon is in it as well.
policy = "; ".join([
    "default-src 'none'",
    f"style-src 'sha256-{digest(style)}'",
    f"script-src 'sha256-{digest(script)}'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
])
etag = f'"{hashlib.sha256((page + policy).encode()).hexdigest()[:32]}"'
OUTPUT.write_text(f"""// Made by daemon/page/embed.py.
#include "daemon/page_data.h"

namespace feedwire::daemon {{

constexpr char kHtml[] =
    {literal(page)};
const std::string_view kPageHtml(kHtml, sizeof kHtml - 1);
const std::string_view kPageEtag = {literal(etag)};
const std::string_view kPagePolicy =
    {literal(policy)};

}}  // namespace feedwire::daemon
""")
