"""Completes the sources of the man pages, so that nothing in them is written twice.

feedwire(1) is made of what --help says of each sub-command, feedwired.toml(5) of the tables of
config/README.md, which a test holds against the table of keys.

usage: make_sources.py SOURCE_DIR BIN_DIR OUT_DIR
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import program_help

HEAD = """feedwire(1)

# NAME

feedwire - reads feedwire's event log and store, and talks to feedwired

# SYNOPSIS

*feedwire* [*--config* _FILE_] _SUBCOMMAND_ ...

# DESCRIPTION

*feedwire* works on the files of *feedwired*(8) while it is down, and asks it while it runs. Each sub-command prints one JSON object with *--json*, where it has that, or else text for people.
"""

TAIL = """
# ENVIRONMENT

_FEEDWIRE_CONFIG_ names the configuration. See *feedwired.toml*(5) for other variables.

# SEE ALSO

*feedwired*(8), *feedwired.toml*(5), *feedwire-events*(7)
"""


def literal(text):
    """A block that scdoc shows as it is."""
    escaped_text = text.strip().replace("\\", "\\\\")
    return f"```\n{escaped_text}\n```\n"


def without_root_footer(text, root):
    """Drops what every group of sub-commands repeats from `feedwire --help`."""
    footer = root[root.index("\nExit codes:"):]
    return text.replace(footer, "")


def command_page(bin_dir):
    """feedwire(1)."""
    root, *others = program_help.commands(bin_dir, "feedwire")
    page = [HEAD, literal(root.text), "# COMMANDS\n"]
    for command in others:
        page.append(f"## {' '.join(command.words)}\n\n{literal(without_root_footer(command.text, root.text))}")
    return "\n".join(page) + TAIL


def escaped(text):
    """Markdown of one cell as scdoc."""
    text = text.replace("\\", "\\\\").replace("_", "\\_")
    return re.sub(r"`([^`]*)`", r"*\1*", text)


def key_sections(readme):
    """The tables under "## Keys", a section each."""
    out = []
    for title, table in re.findall(r"^### (.+)\n\n\|.*\n\|.*\n((?:\|.*\n)+)", readme, re.M):
        out.append(f"# {title.upper() if not title.startswith('[') else 'SECTION ' + title}\n")
        for row in table.splitlines():
            key, value, default, meaning = [cell.strip() for cell in row.strip("| ").split(" | ")]
            out.append(f"{escaped(key)} ({escaped(value)}; default {escaped(default)})\n\t{escaped(meaning)}\n")
    return "\n".join(out)


def main():
    source_dir, bin_dir, out_dir = map(pathlib.Path, sys.argv[1:])
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "feedwire.1.scd").write_text(command_page(bin_dir.resolve()))
    readme = (source_dir / "config/README.md").read_text()
    page = (source_dir / "man/feedwired.toml.5.scd").read_text()
    (out_dir / "feedwired.toml.5.scd").write_text(page.replace("@KEYS@", key_sections(readme)))


main()
