"""The completion for bash, from 3.2 on, which macOS still has."""

import shlex
from collections.abc import Iterable

from outreach_mcp.commands.completion.command_tree import Command, Values, every_command

_SCRIPT = """\
# Completion of outreach-mcp for bash; made by: outreach-mcp completion bash

_outreach_mcp_commands() {
    case $1 in
%(commands)s
        *) return 1 ;;
    esac
}

_outreach_mcp_flags() {
    case $1 in
%(flags)s
    esac
}

_outreach_mcp_values() {
    case $1 in
%(values)s
        *) return 1 ;;
    esac
}

_outreach_mcp() {
    local current=${COMP_WORDS[COMP_CWORD]} at="" flag="" place=0 kind="" words="" before="" word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $flag ]]; then
            flag=""
        elif [[ $word == -?* ]]; then
            if _outreach_mcp_values "$at $word"; then flag=$word; fi
        elif _outreach_mcp_commands "$at $word"; then
            at="$at $word"
        else
            place=$((place + 1))
        fi
    done
    if [[ $current == "=" ]]; then current=""; fi
    kind=""
    words=""
    COMPREPLY=()
    if [[ -n $flag ]]; then
        _outreach_mcp_values "$at $flag"
    elif [[ $current == -* ]]; then
        _outreach_mcp_flags "$at"
    else
        _outreach_mcp_values "$at $place"
    fi
    case $kind in
        file)
            local IFS=$'\\n'
            COMPREPLY=($(compgen -f -- "$current"))
            compopt -o filenames 2>/dev/null
            ;;
        several)
            if [[ $current == *,* ]]; then before="${current%%,*},"; fi
            COMPREPLY=($(compgen -P "$before" -W "$words" -- "${current##*,}"))
            compopt -o nospace 2>/dev/null
            ;;
        *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    esac
    return 0
}

complete -F _outreach_mcp outreach-mcp
"""


def bash_completion(tree: Command) -> str:
    """Return the script. Where it is, is the words of the commands so far, each after a blank."""
    commands = [(_at(words), command) for words, command in every_command(tree)]
    places: list[tuple[Values, str]] = []
    for at, command in commands:
        places += [(flag.value, f"{at} {name}") for flag in command.flags if flag.value for name in flag.names]
        if command.commands:
            places.append((Values(tuple(each.name for each in command.commands)), f"{at} 0"))
        places += [(values, f"{at} {place}") for place, values in enumerate(command.arguments)]
    by_values: dict[Values, list[str]] = {}
    for values, place in places:
        by_values.setdefault(values, []).append(place)
    return _SCRIPT % {
        "commands": f"        {_pattern(at for at, _ in commands if at)}) return 0 ;;",
        "flags": "\n".join(
            f"        {_pattern([at])}) words={_quoted(_flags(command))} ;;" for at, command in commands
        ),
        "values": "\n".join(
            f"        {_pattern(where)}) {_assigned(values)} ;;" for values, where in by_values.items()
        ),
    }


def _at(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


def _pattern(texts: Iterable[str]) -> str:
    return " | ".join(f'"{text}"' for text in texts)


def _flags(command: Command) -> Iterable[str]:
    return (name for flag in command.flags for name in flag.names)


def _assigned(values: Values) -> str:
    kind = "file" if values.is_file else "several" if values.several else "one"
    return f"kind={kind} words={_quoted(values.words)}"


def _quoted(words: Iterable[str]) -> str:
    return shlex.quote(" ".join(words))
