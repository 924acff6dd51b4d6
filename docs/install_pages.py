"""Copies the pages to where they are installed, with links that are right there. A link to what is not installed becomes
plain text.

usage: install_pages.py SOURCE_DIR OUT_DIR
"""

import pathlib
import re
import shutil
import sys

# Pages, and what they link to, by their names below share/doc/feedwire and, for the schemas, beside that.
INSTALLED = {
    "README.md": "README.md",
    "config/README.md": "configuration.md",
    "daemon/api.md": "api.md",
    "daemon/openapi.yaml": "openapi.yaml",
    "docs/consuming.md": "consuming.md",
    "docs/gaps.md": "gaps.md",
    "docs/operating.md": "operating.md",
    "docs/websub.md": "websub.md",
    "docs/monitoring": "examples/monitoring",
    "docs/shippers": "examples/shippers",
    "feeds/README.md": "parsed_feed.md",
    "feeds/parsed_feed.schema.json": "../../feedwire/schema/parsed_feed.schema.json",
    "storage/event.schema.json": "../../feedwire/schema/event.schema.json",
    "storage/event_log.md": "event_log.md",
    "storage/poll_ledger.md": "poll_ledger.md",
    "systemd/no-private-networks.conf": "examples/systemd/no-private-networks.conf",
}
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def find(source):
    """The installed name of a path below the source folder, which may lie in a folder of the table; None if there is none."""
    for part in (source, *source.parents):
        if str(part) in INSTALLED:
            return pathlib.PurePosixPath(INSTALLED[str(part)]) / source.relative_to(part)
    return None


def relative(target, folder):
    """`target` as seen from `folder`, both below one root."""
    target, folder = list(target.parts), list(folder.parts)
    while target and folder and target[0] == folder[0] != "..":
        target, folder = target[1:], folder[1:]
    return "/".join([".."] * len(folder) + target)


def normal(path):
    parts = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return pathlib.PurePosixPath(*parts)


def rewritten(text, source, installed):
    def link(match):
        label, target, anchor = match.groups()
        if re.match(r"[a-z]+:", target):
            return match.group()
        there = find(normal(source.parent / target))
        return f"[{label}]({relative(there, installed.parent)}{anchor or ''})" if there else label
    return LINK.sub(link, text)


def main(source_dir, out_dir):
    for name in INSTALLED:
        root = source_dir / name
        for path in sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]:
            source = pathlib.PurePosixPath(path.relative_to(source_dir).as_posix())
            installed = find(source)
            if ".." in installed.parts:
                continue  # the schemas, which storage/ and feeds/ have beside what they describe
            place = out_dir / installed
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                place.write_text(rewritten(path.read_text(), source, installed))
            else:
                shutil.copyfile(path, place)


if __name__ == "__main__":
    main(*(pathlib.Path(argument) for argument in sys.argv[1:]))
