"""Reads what our programs say with --help (CLI11's layout), for what is made of it: man pages, completions.

What cannot be read is a ValueError, and no name leaves here that a shell could take for more than a word.
"""

import re
import subprocess
from typing import NamedTuple

COLUMN = 30  # where descriptions begin; a longer left side has its description on the next line
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]*")


class Option(NamedTuple):
    """`-t,--tag TEXT`: names ["-t", "--tag"], value "TEXT"; of a value "ndjson|pretty" the choices are known."""

    names: list
    value: str  # the metavariable; "" where the option takes no value
    choices: list
    text: str


class Operand(NamedTuple):
    """What stands without a dash: FILE..."""

    name: str
    repeats: bool


class Command(NamedTuple):
    """A program (words ["feedwire"]) or a sub-command (["feedwire", "feed", "add"])."""

    words: list
    text: str  # all of --help
    options: list
    operands: list
    subcommands: list  # of (name, description)


def help_of(bin_dir, *words):
    """What `PROGRAM [SUBCOMMAND…] --help` prints."""
    argv = [*words, "--help"]
    return subprocess.run(argv, executable=bin_dir / words[0], capture_output=True, text=True, check=True).stdout


def block(text, title):
    """The lines under "Options:" and the like as pairs: left side, description."""
    found = re.search(rf"^{title}:\n((?:  .*\n)+)", text, re.M)
    pairs = []
    for line in found.group(1).splitlines() if found else []:
        if line.startswith(" " * COLUMN):
            left, right = pairs[-1]
            pairs[-1] = (left, f"{right} {line.strip()}".strip())
        elif len(line) > COLUMN and line[COLUMN - 2 : COLUMN] == "  " or len(line) < COLUMN:
            pairs.append((line[:COLUMN].strip(), line[COLUMN:].strip()))
        else:
            pairs.append((line.strip(), ""))
    return pairs


def checked(pattern, word):
    if not pattern.fullmatch(word):
        raise ValueError(f"--help has a name that is none: {word!r}")
    return word


def option(left, text):
    """One of "-f,--follow", "--tag TEXT ...", "--from a|b:{a,b} Excludes: --since"."""
    names, _, value = re.split(r" (?:Needs|Excludes): ", left)[0].partition(" ")
    choices = value.split(":")[0].split("|")
    return Option(
        [checked(OPTION, name) for name in names.split(",")],
        value,
        [checked(WORD, choice) for choice in choices] if len(choices) > 1 else [],
        text,
    )


def command(bin_dir, *words):
    """Reads the help of one command."""
    text = help_of(bin_dir, *words)
    return Command(
        list(words),
        text,
        [option(left, right) for left, right in block(text, "Options")],
        [Operand(left.split()[0], "..." in left) for left, _ in block(text, "Positionals")],
        [(checked(WORD, left), right) for left, right in block(text, "Subcommands")],
    )


def commands(bin_dir, *words):
    """A command and all below it, each before its own sub-commands."""
    this = command(bin_dir, *words)
    yield this
    for name, _ in this.subcommands:
        yield from commands(bin_dir, *words, name)
