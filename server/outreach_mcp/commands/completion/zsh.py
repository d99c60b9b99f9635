"""The completion for zsh."""

from collections.abc import Iterator

from outreach_mcp.commands.completion.command_tree import Command, Flag, Values

_SCRIPT = """\
#compdef outreach-mcp
# Completion of outreach-mcp for zsh; made by: outreach-mcp completion zsh

%(functions)s

if [[ $funcstack[1] == _outreach_mcp ]]; then
    _outreach_mcp "$@"
else
    compdef _outreach_mcp outreach-mcp
fi
"""

_WITH_COMMANDS = """\
%(name)s() {
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C -A '-*' %(arguments)s '1: :->command' '*:: :->rest' && return
    case $state in
        command)
            local -a commands=(%(commands)s)
            _describe -t commands command commands
            ;;
        rest)
            case $words[1] in
%(cases)s
            esac
            ;;
    esac
}"""

_WITHOUT = """\
%(name)s() {
    _arguments %(arguments)s
}"""


def zsh_completion(tree: Command) -> str:
    """Return the script: a file for a folder of `fpath`, or to be sourced after `compinit`."""
    return _SCRIPT % {"functions": "\n\n".join(_functions("_outreach_mcp", tree))}


def _functions(name: str, command: Command) -> Iterator[str]:
    arguments = " ".join(spec for flag in command.flags for spec in _flag(flag))
    if not command.commands:
        places = [_quoted(f"{place}: :{_values(values)}") for place, values in enumerate(command.arguments, start=1)]
        yield _WITHOUT % {"name": name, "arguments": " ".join([arguments, *places])}
        return
    inner = {each.name: f"{name}_{each.name}" for each in command.commands}
    for each in command.commands:
        yield from _functions(inner[each.name], each)
    yield _WITH_COMMANDS % {
        "name": name,
        "arguments": arguments,
        "commands": " ".join(_quoted(f"{each.name}:{_plain(each.help)}") for each in command.commands),
        "cases": "\n".join(f"                {word}) {function} ;;" for word, function in inner.items()),
    }


def _flag(flag: Flag) -> Iterator[str]:
    others = f"({' '.join(flag.names)})" if len(flag.names) > 1 else ""
    said = _plain(flag.help)
    for name in flag.names:
        if flag.value is None:
            yield _quoted(f"{others}{name}[{said}]")
        else:
            yield _quoted(f"{others}{name}=[{said}]: :{_values(flag.value)}")


def _values(values: Values) -> str:
    if values.is_file:
        return "_files"
    if not values.words:
        return " "
    words = " ".join(values.words)
    return f"_sequence compadd - {words}" if values.several else f"({words})"


def _plain(text: str) -> str:
    """Return a description with what means something to _arguments and _describe as it stands."""
    for character in "\\[]:":
        text = text.replace(character, f"\\{character}")
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"
