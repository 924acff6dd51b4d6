"""The completions, asked as bash, zsh and fish ask them: all that --help names is offered and nothing else.

usage: check_completions.py SOURCE_DIR BUILD_DIR
"""

import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
FILES = BUILD / "cli/completions"
END = "== end of answer =="
faults = []

BASH = """
source "$1"
while IFS= read -r line; do
  IFS=$'\\t' read -ra COMP_WORDS <<<"$line"
  [[ $line != *$'\\t' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _feedwire "${COMP_WORDS[0]}"
  ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
  echo "$2"
done
"""
FISH = """
for file in $argv[2..-1]
    source $file
end
while read --local --line line
    complete --do-complete (string replace --all \\t ' ' -- $line)
    echo $argv[1]
end
"""
# In an interactive shell, for only that completes: a key fetches all answers.
ZSH = """
fpath=({dir} $fpath) LISTMAX=0
autoload -Uz compinit && compinit -u -d {scratch}/dump
zstyle ':completion:*' list-grouped false
compadd() {{
  if [[ ${{argv[(I)-[OAD]]}} -eq 0 ]]; then
    local -a words
    builtin compadd -O words "$@"
    (( $#words == 0 )) || print -rl -- $words >>{scratch}/zsh.answers
  fi
  builtin compadd "$@"
}}
ask() {{
  local line
  while IFS= read -r line; do
    BUFFER=${{line//$'\\t'/ }} CURSOR=$#BUFFER
    zle list-choices
    print -r -- {end} >>{scratch}/zsh.answers
  done <{scratch}/questions
  exit
}}
zle -N ask && bindkey '^X' ask
print -r -- ready >{scratch}/ready
"""


def answers(output):
    return [set(answer.split("\n")) - {""} for answer in output.split(END)[:-1]]


def bash(questions, files, scratch):
    argv = ["bash", "--norc", "-c", BASH, "bash", files / "feedwire.bash", END]
    done = subprocess.run(argv, input="\n".join(questions) + "\n", capture_output=True, text=True, cwd=scratch, check=False)
    if done.returncode != 0 or done.stderr:
        faults.append(f"bash: {done.stderr or done.returncode}")
    return answers(done.stdout)


def fish(questions, files, scratch):
    argv = ["fish", "--no-config", "--command", FISH, END, *files.glob("*.fish")]
    env = {**os.environ, "HOME": str(scratch)}
    done = subprocess.run(
        argv, input="\n".join(questions) + "\n", capture_output=True, text=True, cwd=scratch, env=env, check=False
    )
    if done.returncode != 0 or done.stderr:
        faults.append(f"fish: {done.stderr or done.returncode}")
    # Each line is a word, a tab and its description.
    return answers(re.sub(r"\t.*", "", done.stdout))


def zsh(questions, files, scratch):
    (scratch / "questions").write_text("\n".join(questions) + "\n")
    (scratch / "setup").write_text(ZSH.format(dir=files, scratch=scratch, end=f"'{END}'"))
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=scratch,
        env={"PATH": "/usr/bin:/bin", "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": str(scratch)}, start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"source {scratch}/setup\n".encode())
    shown = b""
    asked = False
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
            if not asked and (scratch / "ready").exists():
                os.write(ours, b"\x18")
                asked = True
    except OSError:
        pass  # how a terminal says that nobody is at its other end
    os.close(ours)
    if shell.wait() != 0 or not (scratch / "zsh.answers").exists():
        faults.append(f"zsh: {shown.decode(errors='replace')}")
        return []
    return answers((scratch / "zsh.answers").read_text())


SHELLS = {"bash": bash, "fish": fish, "zsh": zsh}


def ask(shell, questions, files=FILES):
    """The answers to command lines whose words are parted by tabs; the last word is the one to complete."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        (scratch / "a feed.xml").touch()
        (scratch / "folder").mkdir()
        given = SHELLS[shell](questions, files, scratch)
    if len(given) != len(questions):
        faults.append(f"{shell}: {len(given)} answers to {len(questions)} questions")
    return dict(zip(questions, given))


def names(text, title):
    """What stands first in the lines under "Options:" or "Subcommands:"."""
    found = re.search(rf"^{title}:\n((?:  .*\n)+)", text, re.M)
    return re.findall(r"^  (\S+)", found.group(1), re.M) if found else []


def commands(*words):
    """Words, options and sub-commands of a program and all below it, by their --help."""
    argv = [*words, "--help"]
    text = subprocess.run(argv, executable=BUILD / "bin" / words[0], capture_output=True, text=True, check=True).stdout
    options = {name for left in names(text, "Options") for name in left.split(",")}
    subcommands = names(text, "Subcommands")
    yield words, options, set(subcommands)
    for name in subcommands:
        yield from commands(*words, name)


def want(shell, given, question, expected):
    if given.get(question) != expected:
        shown = question.replace("\t", " ")
        faults.append(f"{shell}: `{shown}`: offers {sorted(given.get(question, ()))}, not {sorted(expected)}")


def check_help():
    everything = [*commands("feedwire"), *commands("feedwired")]
    if len(everything) < 30:
        faults.append("the sub-commands could not be read")
    dashes = {"\t".join([*words, "--"]): {o for o in options if o.startswith("--")} for words, options, _ in everything}
    dash = {"\t".join([*words, "-"]): options for words, options, _ in everything}
    subcommands = {"\t".join([*words, ""]): below for words, _, below in everything if below}
    for shell in SHELLS:
        given = ask(shell, [*dashes, *dash, *subcommands])
        for question, expected in {**dashes, **dash, **subcommands}.items():
            want(shell, given, question, expected)


# Where files, folders and fixed words belong; and a value that looks like a sub-command is none.
EXAMPLES = {
    "feedwire\ttail\t--format\t": {"ndjson", "pretty"},
    "feedwire\ttail\t--format\tp": {"pretty"},
    "feedwire\tparse\t--format\tm": {"markdown"},
    "feedwire\tparse\t--url\tfeed\ta": {"a feed.xml"},
    "feedwire\tparse\ta": {"a feed.xml"},
    "feedwire\trestore\t": {"folder"},
    "feedwire\trestore\ta": set(),
    "feedwire\t--config\ta": {"a feed.xml"},
    "feedwire\t--config\tfeed\tcur": {"cursor"},
    "feedwire\tfeed\tshow\tlist\t--j": {"--json"},
    "feedwire\ttail\t--feed\t": set(),
    "feedwired\t--record\tf": {"folder"},
}
ONLY_BASH = {
    "feedwire\ttail\t--config\ta": {"a feed.xml"},
    "feedwire\ttail\t--format\t=": {"ndjson", "pretty"},
    "feedwire\ttail\t--format\t=\tn": {"ndjson"},
    "/usr/bin/feedwire\tcursor\ts": {"show", "set"},
    "feedwire\tstatus\t": {"-h", "--help", "--json"},
}


def file_name(word):
    """Shells write a space in their own ways, and a folder with a slash."""
    return word.replace("\\ ", " ").strip("'").rstrip("/")


def check_examples():
    for shell in SHELLS:
        examples = EXAMPLES | (ONLY_BASH if shell == "bash" else {})
        given = {question: set(map(file_name, words)) for question, words in ask(shell, list(examples)).items()}
        for question, expected in examples.items():
            want(shell, given, question, expected)


def make(folder, help_text):
    """Runs the generator on programs that say this; returns whether it took it."""
    bin_dir = folder / "bin"
    bin_dir.mkdir(parents=True)
    for program in ("feedwire", "feedwired"):
        (bin_dir / program).write_text(f"#!/bin/sh\ncat <<'END OF HELP'\n{help_text}\nEND OF HELP\n")
        (bin_dir / program).chmod(0o755)
    argv = [sys.executable, "-B", SOURCE / "cli/completions/make_completions.py", bin_dir, folder / "out"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def check_hostile():
    """Descriptions are shown and never run; names that are none stop the build."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        loot = folder / "loot"
        nasty = f"'; touch {loot}; ' \"$(touch {loot})\" `touch {loot}` (touch {loot}) \\' ]:(a b) $x % \\"
        options = "".join(f"  {option:<28}{nasty}\n" for option in ("-h,--help", "--nasty", "--value TEXT", "--pick a|b"))
        if not make(folder / "text", f"Nasty\n\nOptions:\n{options}"):
            faults.append("a description stops the generator")
        for shell in SHELLS:
            given = ask(shell, ["feedwire\t--", "feedwire\t--pick\t"], folder / "text/out")
            want(shell, given, "feedwire\t--", {"--help", "--nasty", "--value", "--pick"})
            want(shell, given, "feedwire\t--pick\t", {"a", "b"})
        if loot.exists():
            faults.append("a description was run")
        for index, bad in enumerate((f"--x$(touch {loot})", "--x'", "--pick a|`id`", "--x;id", "x")):
            if make(folder / f"name{index}", f"Nasty\n\nOptions:\n  {bad}\n"):
                faults.append(f"the generator takes the option {bad}")


check_help()
check_examples()
check_hostile()
print("\n".join(faults))
sys.exit(1 if faults else 0)
