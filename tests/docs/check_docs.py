"""What the pages for people name is there: links, as they stand and as they are installed; commands with their options, by
--help; keys of the configuration; verbs of ./dev. The recipes of docs/consuming.md are run.

usage: check_docs.py SOURCE_DIR BUILD_DIR
"""

import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from running_daemon import PATIENCE, RunningDaemon  # noqa: E402

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
PAGES = [SOURCE / name for name in ("README.md", "ARCHITECTURE.md", "config/README.md", "daemon/api.md", "feeds/README.md",
                                    "storage/event_log.md", "storage/poll_ledger.md")] + sorted((SOURCE / "docs").rglob("*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
TABLES = ("log", "fetch", "schedule", "identity", "events", "store", "api", "websub")
faults, checked = [], {"links": 0, "commands": 0, "keys": 0, "recipes": 0}


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


def check_links(pages, root):
    for page in pages:
        for target in LINK.findall(FENCE.sub("", page.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            checked["links"] += 1
            if not (page.parent / target).exists():
                fault(f"{page.relative_to(root)}: there is no {target}")


def check_installed_pages():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        argv = [sys.executable, "-B", SOURCE / "docs/install_pages.py", SOURCE, root / "doc/feedwire"]
        subprocess.run(argv, check=True)
        (root / "feedwire/schema").mkdir(parents=True)
        for schema in ("storage/event.schema.json", "feeds/parsed_feed.schema.json"):
            shutil.copy(SOURCE / schema, root / "feedwire/schema")
        pages = sorted(root.rglob("*.md"))
        if len(pages) < 10:
            fault(f"only {len(pages)} pages are installed")
        check_links(pages, root)
        # It is about what reads the log that people of the package ask first.
        if "(examples/shippers/README.md)" not in (root / "doc/feedwire/consuming.md").read_text():
            fault("consuming.md, installed, does not lead to the shippers")


@functools.cache
def help_of(*words):
    """The options and sub-commands of a program; None where --help fails."""
    done = subprocess.run([BUILD / "bin" / words[0], *words[1:], "--help"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    options = {option for group in re.findall(r"^  (-[^ ]+)", done.stdout, re.M) for option in group.split(",")}
    block = re.search(r"^Subcommands:\n((?:  .*\n)+)", done.stdout, re.M)
    commands = set(re.findall(r"^  (\S+)", block.group(1), re.M)) if block else set()
    # Positionals, in the line of usage, stand where sub-commands could.
    takes_words = bool(re.search(r"^Positionals:", done.stdout, re.M))
    return options | {"--config"}, commands, takes_words


def check_command(where, words):
    """One command line of a program of ours, from its name on."""
    checked["commands"] += 1
    path, rest = [words[0]], words[1:]
    while True:
        known = help_of(*path)
        if known is None:
            return fault(f"{where}: there is no {' '.join(path)}")
        options, commands, takes_words = known
        if commands and rest and not rest[0].startswith("-"):
            if rest[0] not in commands:
                return fault(f"{where}: {' '.join(path)} has no {rest[0]}")
            path.append(rest.pop(0))
            continue
        break
    for word in rest:
        option = word.split("=")[0]
        if option.startswith("-") and option != "-" and option not in options:
            fault(f"{where}: {' '.join(path)} has no {option}")
    if not takes_words and len(path) > 1 and rest and not any(word.startswith("-") for word in rest):
        fault(f"{where}: {' '.join(path)} takes no {rest[0]}")


def check_verb(where, verb):
    checked["commands"] += 1
    if not re.search(rf"^  {re.escape(verb)}\b", DEV_HELP, re.M) and verb not in ("VERB", "help", "…"):
        fault(f"{where}: ./dev has no {verb}")


def words_of(line):
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # the quotes of one program's language within another's, or prose
        return line.split()


def check_commands(page):
    """Whatever stands in code: blocks without a language, or of a shell, and inline code."""
    text, name = page.read_text(), page.relative_to(SOURCE)
    lines = []
    for language, block in FENCE.findall(text):
        if language in ("", "sh"):
            lines += block.splitlines()
    lines += [span for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)) if re.match(r"(feedwired?|\./dev)( |$)", span)]
    for line in lines:
        for part in re.split(r"\|\|?|&&|;|\$\(|\bsudo\b", re.sub(r"(^|\s)#\s.*$", "", line)):
            words = words_of(part.strip())
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words = words[1:]
            if not words:
                continue
            program = words[0].removeprefix("build/bin/")
            if program in ("feedwire", "feedwired"):
                ends = [i for i, word in enumerate(words) if word[0:1] in (">", "<", "#", "&", "2>")]
                check_command(f"{name}: {part.strip()}", [program, *words[1:ends[0] if ends else None]])
            elif program == "./dev" and len(words) > 1:
                check_verb(f"{name}: {part.strip()}", words[1])


def known_keys():
    """Of the tables of config/README.md: {"": {"state_dir", …}, "log": {"level"}, …, "feed": {…}}."""
    keys, table = {}, None
    for line in (SOURCE / "config/README.md").read_text().splitlines():
        if heading := re.match(r"### (?:At the top|\[+([a-z]+)\]+)", line):
            table = heading.group(1) or ""
        elif (key := re.match(r"\| `([a-z_]+)` \|", line)) and table is not None:
            keys.setdefault(table, set()).add(key.group(1))
    return keys


def check_keys(page, keys):
    text, name = page.read_text(), page.relative_to(SOURCE)
    if page.name == "event_log.md":  # also names types of events so
        return
    for table, key in re.findall(r"`(?:\[?)(" + "|".join(TABLES) + r")\.([a-z_]+)(?: = [^`]*)?`", text):
        checked["keys"] += 1
        is_type = f"feedwire.{table}.{key}" in EVENT_TYPES
        if key not in keys[table] and not is_type:
            fault(f"{name}: there is no key {table}.{key}")
    for language, block in FENCE.findall(text):
        if language != "toml":
            continue
        for top, value in tomllib.loads(block).items():
            tables = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
            for one in tables:
                for key in one if isinstance(one, dict) else [top]:
                    checked["keys"] += 1
                    if key not in keys.get(top if isinstance(one, dict) else "", ()):
                        fault(f"{name}: there is no key {key} in [{top}]")


def run_recipes():
    """Blocks ```sh by the shell, line after line, and ```python by Debian's python3, on a daemon with the sample feeds."""
    page = (SOURCE / "docs/consuming.md").read_text()
    with RunningDaemon(BUILD) as daemon:
        daemon.wait_for_entries(15)
        path = f"{BUILD / 'bin'}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "FEEDWIRE_CONFIG": str(daemon.config_file)}
        entries = 0

        def run(argv, text=None):
            done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=daemon.root, input=text,
                                  timeout=PATIENCE, check=False)
            checked["recipes"] += 1
            if done.returncode != 0 or "Traceback" in done.stderr:
                fault(f"docs/consuming.md: {argv}: {done.returncode}: {done.stderr}")
            return done.stdout

        snapshot = run(["feedwire", "snapshot"])
        entries = snapshot.count('"type":"feedwire.entry.snapshot"')
        for language, block in FENCE.findall(page):
            if language == "sh" and shutil.which("jq"):
                outputs = [run(["bash", "-o", "pipefail", "-c", line]) for line in block.splitlines()]
                if len(outputs[0].splitlines()) != entries or len(outputs[4].splitlines()) != entries:
                    fault(f"docs/consuming.md: jq has not seen {entries} entries: {outputs}")
                if outputs[5].strip() != str(entries):
                    fault(f"docs/consuming.md: the log has {outputs[5].strip()} entries, not {entries}")
            elif language == "python copy_entries.py":
                for _ in range(2):  # the second time there is nothing new
                    told = run(["/usr/bin/python3", "-c", block])
                    if not told.startswith(f"{entries} entries at "):
                        fault(f"docs/consuming.md: the copy has {told}, not {entries}")
            elif language == "python":
                block = block.replace("/usr/share/feedwire/schema", str(daemon.root))
                for schema in ("storage/event.schema.json", "feeds/parsed_feed.schema.json"):
                    shutil.copy(SOURCE / schema, daemon.root)
                tail = run(["feedwire", "tail"])
                if run(["/usr/bin/python3", "-W", "ignore", "-c", block], tail):
                    fault("docs/consuming.md: its check of the schema complains")
                if not run(["/usr/bin/python3", "-W", "ignore", "-c", block], '{"specversion": "1.0"}\n'):
                    fault("docs/consuming.md: its check of the schema lets everything pass")


DEV_HELP = subprocess.run([SOURCE / "dev", "help"], capture_output=True, text=True, check=True).stdout
EVENT_TYPES = set(yaml.safe_load((SOURCE / "storage/event.schema.json").read_text())["properties"]["type"]["enum"])
check_links(PAGES, SOURCE)
check_installed_pages()
for one in PAGES:
    check_commands(one)
    check_keys(one, known_keys())
run_recipes()
for what, least in (("links", 60), ("commands", 60), ("keys", 40), ("recipes", 5)):
    if checked[what] < least:
        fault(f"only {checked[what]} {what} were found")
print(", ".join(f"{number} {what}" for what, number in checked.items()) + " hold" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
