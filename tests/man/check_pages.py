"""OP-19: man(1) has nothing to complain of in our pages, and they leave nothing out.

usage: check_pages.py SOURCE_DIR BUILD_DIR
"""

import pathlib
import re
import subprocess
import sys

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:])
COLUMNS = 400  # no line is broken
faults = []


def page(name):
    """The page as it is shown, without what makes letters bold. Notes what man(1) complains of."""
    argv = ["man", "--warnings", "--encoding=UTF-8", "--local-file", str(BUILD / "man" / name)]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": str(COLUMNS), "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
    if done.returncode != 0 or done.stderr:
        faults.append(f"{name}: man: {done.stderr or done.returncode}")
    return re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)


def want(name, text, parts):
    """Notes the parts that the page does not have. Spaces do not count."""
    squeezed = " ".join(text.split())
    for part in parts:
        if " ".join(part.split()) not in squeezed:
            faults.append(f"{name}: does not say: {part.strip()}")


def help_of(program, *words):
    argv = [program, *words, "--help"]
    path = BUILD.resolve() / "bin" / program
    return subprocess.run(argv, executable=path, capture_output=True, text=True, check=True).stdout


def all_commands(*words):
    """The help of a command of feedwire and of those under it."""
    text = help_of("feedwire", *words)
    yield text
    block = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  (\S+)", block.group(1), re.M) if block else []:
        yield from all_commands(*words, name)


def event_types():
    """The first column of the tables of types: "`feedwire.a.b`, `.c`" are two."""
    log = (SOURCE / "storage/event_log.md").read_text()
    for cell in re.findall(r"^\| (`feedwire\.[^|]*) \|", log, re.M):
        prefix = ""
        for name in re.findall(r"`([a-z._]+)`", cell):
            if name.startswith("."):
                name = prefix + name
            prefix = name[: name.rindex(".")]
            yield name


def keys():
    readme = (SOURCE / "config/README.md").read_text()
    return re.findall(r"^\| `([a-z_]+)` \|", readme, re.M)


tool = [line for text in all_commands() for line in text.splitlines() if line.strip()]
options = re.findall(r"--[a-z]+", help_of("feedwired"))
types = list(event_types())
if min(len(tool) // 100, len(options) // 5, len(types) // 20, len(keys()) // 40) < 1:
    faults.append("what the pages are held against could not be read")
want("feedwire.1", page("feedwire.1"), tool)
want("feedwired.8", page("feedwired.8"), options)
want("feedwire-events.7", page("feedwire-events.7"), types)
want("feedwired.toml.5", page("feedwired.toml.5"), [f" {key} (" for key in keys()])
print("\n".join(faults))
sys.exit(1 if faults else 0)
