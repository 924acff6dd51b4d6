"""Completion for bash(1), of a bare bash too: it needs nothing of the package bash-completion.

Only names that program_help has checked get here, and no descriptions: bash shows none.
"""

HEAD = """# Completion of feedwire and feedwired for bash(1); made from their --help.

# What may follow COMMAND (a program and its sub-commands): sets subcommands, options, and as operand
# FILE, DIR or nothing.
_feedwire_command() {
  subcommands='' options='' operand=''
  case $1 in
"""

MIDDLE = """  esac
}

# What OPTION of COMMAND takes: sets value to FILE, DIR, ANY, a list of words behind a "=", or nothing.
_feedwire_value() {
  value=''
  case "$1 $2" in
"""

TAIL = """  esac
}

_feedwire() {
  local IFS=$' \\t\\n' program=${1##*/} word=${COMP_WORDS[COMP_CWORD]}
  local command=$program subcommands options operand value='' given
  COMPREPLY=()
  _feedwire_command "$command"
  for given in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    if [[ -n $value ]]; then
      # bash parts --option=value into three words.
      [[ $given == = ]] || value=''
    elif [[ $given == -* ]]; then
      _feedwire_value "$command" "$given"
      # Those of the program may stand behind a sub-command too.
      [[ -n $value ]] || _feedwire_value "$program" "$given"
    elif [[ " $subcommands " == *" $given "* ]]; then
      command+=" $given"
      _feedwire_command "$command"
    fi
  done
  [[ $word != = ]] || word=''

  if [[ -z $value && ( $word == -* || -z $subcommands$operand ) ]]; then value="=$options"; fi
  if [[ -z $value && -n $subcommands ]]; then value="=$subcommands"; fi
  case ${value:-$operand} in
    FILE | DIR)
      compopt -o filenames 2>/dev/null # slashes and quotes are readline's; no completion runs in a test
      if [[ ${value:-$operand} == FILE ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      else
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
      fi
      ;;
    =*) mapfile -t COMPREPLY < <(compgen -W "${value#=}" -- "$word") ;;
  esac
}

complete -F _feedwire feedwire feedwired
"""


def value_kind(option):
    if option.choices:
        return "=" + " ".join(option.choices)
    return option.value if option.value in ("FILE", "DIR") else "ANY"


def command_case(command):
    options = " ".join(name for option in command.options for name in option.names)
    words = [f"options='{options}'"]
    if command.subcommands:
        words.insert(0, f"subcommands='{' '.join(name for name, _ in command.subcommands)}'")
    words += [f"operand={operand.name}" for operand in command.operands if operand.name in ("FILE", "DIR")]
    return f"    '{' '.join(command.words)}') {' '.join(words)} ;;\n"


def script(programs):
    commands = [command for program in programs.values() for command in program]
    values = [
        f"    '{' '.join(command.words)} {name}') value='{value_kind(option)}' ;;\n"
        for command in commands
        for option in command.options
        if option.value
        for name in option.names
    ]
    return HEAD + "".join(map(command_case, commands)) + MIDDLE + "".join(values) + TAIL
