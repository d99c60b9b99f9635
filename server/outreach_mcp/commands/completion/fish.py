"""The completion for fish."""

from collections.abc import Iterable, Iterator

from outreach_mcp.commands.completion.command_tree import Command, Flag, Values, every_command

_BEGIN = """\
# Completion of outreach-mcp for fish; made by: outreach-mcp completion fish

# Succeeds where the words before the cursor lead to a command, and to an argument of it where a second one is given.
function __outreach_mcp_at
    set -l at
    set -l place 0
    set -l is_value 0
    set -l before (commandline -opc)
    for word in $before[2..]
        if test $is_value = 1
            set is_value 0
        else if string match -q -- '-*' $word
            if contains -- "$at $word" %(valued)s
                set is_value 1
            end
        else if contains -- "$at $word" %(commands)s
            set at "$at $word"
        else
            set place (math $place + 1)
        end
    end
    test "$at" = "$argv[1]"; and test (count $argv) = 1 -o "$place" = "$argv[2]"
end

# Prints what goes on a list of names with commas.
function __outreach_mcp_several
    set -l before (string match -r -- '^(?:.*[,=])?' (commandline -ct))
    printf '%%s\\n' "$before"$argv
end

complete -c outreach-mcp -f
"""


def fish_completion(tree: Command) -> str:
    """Return the script."""
    commands = [(_at(words), command) for words, command in every_command(tree)]
    valued = [f"{at} {name}" for at, command in commands for flag in command.flags if flag.value for name in flag.names]
    begin = _BEGIN % {"valued": _listed(valued), "commands": _listed(at for at, _ in commands if at)}
    return begin + "\n".join(line for at, command in commands for line in _lines(at, command)) + "\n"


def _lines(at: str, command: Command) -> Iterator[str]:
    for each in command.commands:
        yield _line([at, "0"], f"-a {each.name} -d {_quoted(each.help)}")
    for flag in command.flags:
        yield _line([at], _flag(flag))
    for place, values in enumerate(command.arguments):
        if values.words:
            yield _line([at, str(place)], f"-a {_quoted(' '.join(values.words))}")


def _line(where: list[str], what: str) -> str:
    return f"complete -c outreach-mcp -n {_quoted(f'__outreach_mcp_at {_listed(where)}')} {what}"


def _flag(flag: Flag) -> str:
    names = [f"-l {name.removeprefix('--')}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names]
    return " ".join([*names, f"-d {_quoted(flag.help)}", *_value(flag.value)])


def _value(values: Values | None) -> list[str]:
    if values is None:
        return []
    if values.is_file:
        return ["-r", "-F"]
    if not values.words:
        return ["-x"]
    words = " ".join(values.words)
    return ["-x", "-a", _quoted(f"(__outreach_mcp_several {words})" if values.several else words)]


def _at(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


def _listed(texts: Iterable[str]) -> str:
    return " ".join(f"'{text}'" for text in texts)


def _quoted(text: str) -> str:
    """Quote for fish, in which a backslash within single quotes stands before a quote or another backslash alone."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
