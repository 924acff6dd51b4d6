"""Writes completions of feedwire and feedwired for bash, zsh and fish, from their --help alone.

usage: make_completions.py BIN_DIR OUT_DIR
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import bash
import fish
import program_help
import zsh


def main():
    bin_dir, out_dir = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    out_dir.mkdir(parents=True, exist_ok=True)
    programs = {name: list(program_help.commands(bin_dir, name)) for name in ("feedwire", "feedwired")}
    (out_dir / "feedwire.bash").write_text(bash.script(programs))
    (out_dir / "_feedwire").write_text(zsh.script(programs))
    for name, commands in programs.items():
        (out_dir / f"{name}.fish").write_text(fish.script(name, commands))


main()
