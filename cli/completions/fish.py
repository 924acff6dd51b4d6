"""Completion for fish(1)."""

HEAD = """# Completion of NAME for fish(1); made from its --help.

# The sub-commands given so far, as "feed add". Options and what they take are no sub-commands.
function __NAME_command
    set --local known KNOWN
    set --local with_value WITH_VALUE
    set --local command
    set --local skip no
    for word in (commandline --current-process --tokenize --cut-at-cursor)[2..-1]
        if test $skip = yes
            set skip no
        else if contains -- $word $with_value
            set skip yes
        else if contains -- (string trim -- "$command $word") $known
            set --append command $word
        end
    end
    echo "$command"
end

# Whether they are these.
function __NAME_at
    test "$(__NAME_command)" = "$argv"
end

complete --command NAME --no-files
"""


def quoted(text):
    """As one word: within single quotes only the backslash and the quote have a meaning."""
    joined = " ".join(text.split()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{joined}'"


def argument(option):
    if option.choices:
        return f" --exclusive --arguments {quoted(' '.join(option.choices))}"
    return {
        "": "",
        "FILE": " --require-parameter --force-files",
        "DIR": " --exclusive --arguments '(__fish_complete_directories)'",
    }.get(option.value, " --exclusive")


def option_line(start, option):
    names = "".join(
        f" --long-option {name[2:]}" if name.startswith("--") else f" --short-option {name[1:]}"
        for name in option.names
    )
    return f"{start}{names}{argument(option)} --description {quoted(option.text)}\n"


def command_lines(command):
    name, *words = command.words
    start = f"complete --command {name} --condition {quoted(' '.join([f'__{name}_at', *words]))}"
    yield "\n"
    for subcommand, text in command.subcommands:
        yield f"{start} --arguments {subcommand} --description {quoted(text)}\n"
    for option in command.options:
        yield option_line(start, option)
    for operand in command.operands:
        if operand.name == "FILE":
            yield f"{start} --force-files\n"
        elif operand.name == "DIR":
            yield f"{start} --arguments '(__fish_complete_directories)'\n"


def script(name, commands):
    known = [quoted(" ".join(command.words[1:])) for command in commands if len(command.words) > 1]
    with_value = {word for command in commands for option in command.options if option.value for word in option.names}
    head = HEAD.replace("WITH_VALUE", " ".join(sorted(with_value))).replace("KNOWN", " ".join(known))
    head = head.replace("NAME", name)
    return head + "".join(line for command in commands for line in command_lines(command))
