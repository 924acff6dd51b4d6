"""Completion for zsh(1), by its own _arguments and _describe."""

import re

HEAD = "#compdef feedwire feedwired\n# Completion of feedwire and feedwired for zsh(1); made from their --help.\n\n"
# zsh runs the file when a completion is asked for the first time, and then what it has defined.
TAIL = """_feedwire() {
  _feedwire_of_$service
}

_feedwire "$@"
"""


def quoted(text):
    """As one word: nothing in it means anything to the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def plain(text):
    """A description within a specification, where brackets, colons and backslashes have a meaning."""
    return re.sub(r"([\\\[\]:])", r"\\\1", " ".join(text.split()))


def action(name, choices=()):
    if choices:
        return f"({' '.join(choices)})"
    return {"FILE": "_files", "DIR": "_path_files -/"}.get(name, "")


def function(command):
    return "_feedwire_of_" + "_".join(command.words).replace("-", "_")


def option_specs(option):
    for name in option.names:
        value = ""
        if option.value:
            label = plain(re.split(r"[: ]", option.value)[0])
            value = f":{label}:{action(option.value, option.choices)}"
        separator = "=" if value and name.startswith("--") else "+" if value else ""
        yield quoted(f"*{name}{separator}[{plain(option.text)}]{value}")


def operand_specs(command):
    for operand in command.operands:
        star = "*" if operand.repeats else ""
        yield quoted(f"{star}:{plain(operand.name)}:{action(operand.name)}")


def leaf(command):
    specs = [spec for option in command.options for spec in option_specs(option)] + list(operand_specs(command))
    lines = " \\\n    ".join(specs)
    return f"{function(command)}() {{\n  _arguments \\\n    {lines}\n}}\n\n"


def group(command):
    specs = " \\\n    ".join(spec for option in command.options for spec in option_specs(option))
    names = "\n      ".join(quoted(f"{name}:{plain(text)}") for name, text in command.subcommands)
    calls = "\n        ".join(
        f"{name}) {function(command)}_{name.replace('-', '_')} ;;" for name, _ in command.subcommands
    )
    return f"""{function(command)}() {{
  local curcontext=$curcontext state line ret=1
  local -a subcommands
  typeset -A opt_args
  _arguments -C \\
    {specs} \\
    '1:sub-command:->subcommand' '*::argument:->argument' && ret=0
  case $state in
    subcommand)
      subcommands=(
      {names}
      )
      _describe -t commands sub-command subcommands && ret=0
      ;;
    argument)
      case $line[1] in
        {calls}
      esac && ret=0
      ;;
  esac
  return ret
}}

"""


def script(programs):
    commands = [command for program in programs.values() for command in program]
    functions = [group(command) if command.subcommands else leaf(command) for command in commands]
    return HEAD + "".join(functions) + TAIL
