"""The policy: which tools are offered, and which requests pass, judged by what they ask and not by who sent them.

Read-only beats exclusion, exclusion beats inclusion. A narrower policy can be made of one, never a wider.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from outreach_mcp.api.operation import Operation
from outreach_mcp.api.outgoing import Outgoing, outgoing_of
from outreach_mcp.guard.exposure import UNKNOWN, Told, asks_for_names, told_by
from outreach_mcp.guard.grammar import fault_of
from outreach_mcp.guard.readable import Readable, hides, readable_with
from outreach_mcp.guard.scopes import expanded, scopes_of, tools_without
from outreach_mcp.settings.settings import Settings, SettingsError
from outreach_tools.catalog import resource_types
from outreach_tools.catalog.belonging import ADMINISTRATION, SEEN
from outreach_tools.catalog.operation_names import READING, names_by_operation, operations_by_name
from outreach_tools.client import MissingScope
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.matching import listed, nearest
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import ADMIN, OPT_IN, all_tools, toolsets

_FREE = ("execute_link", "raw_http_request")
_READ_ONLY_PATH = "readonly"
_CHOICE_PATH = "x"
_UNTOLD = "it is not known what it would show, and this server's settings exclude a part of Outreach"
_OF_ADMINISTRATORS = (
    "users, roles, profiles, teams, webhooks, mailboxes and settings of the organisation are administration, which is "
    "open where OUTREACH_MCP_TOOLSETS names admin (beside the others: default,admin)"
)


class PolicyError(ToolError):
    """The server's settings do not allow a request; nothing was sent."""


class ExcludedRelatedError(PolicyError, MissingScope):
    """A request would show records that are excluded; without them it may pass."""


class UnknownToolError(ValueError):
    """A setting or a path names a tool or toolset that does not exist."""


def policy_of(settings: Settings, granted: frozenset[str] | None = None) -> "Policy":
    """Return the policy that the settings ask for, for a token with `granted` scopes, None where they are not known.

    Raises `SettingsError` for a name that no tool or toolset has, and for settings that leave no tool.
    """
    named = {
        "OUTREACH_MCP_TOOLSETS": settings.toolsets,
        "OUTREACH_MCP_TOOLS": settings.tools,
        "OUTREACH_MCP_EXCLUDE_TOOLS": settings.exclude_tools,
    }
    for variable, names in named.items():
        try:
            _named(names, operations=variable == "OUTREACH_MCP_EXCLUDE_TOOLS")
        except UnknownToolError as error:
            raise SettingsError(f"{variable} is wrong: {error}.") from None
    policy = Policy.of(
        [*settings.toolsets, *settings.tools], excluded=settings.exclude_tools, read_only=settings.read_only
    )
    if not policy.offered():
        raise SettingsError(
            "These settings leave no tool: OUTREACH_MCP_READ_ONLY beats OUTREACH_MCP_EXCLUDE_TOOLS, which beats "
            "OUTREACH_MCP_TOOLSETS and OUTREACH_MCP_TOOLS."
        )
    return replace(policy, granted=granted)


@dataclass(frozen=True, slots=True)
class Policy:
    """The tools that are offered, whether only reading is allowed, and what was excluded by name.

    `granted` are the scopes that the token is known to have, None where they are not known: then nothing is left out.
    With `admin` the raw request and the general tools reach administration: users, teams, webhooks and the like. An
    operation of the contract may be excluded by its name as well, though no tool is called so.
    """

    tools: frozenset[str]
    read_only: bool = False
    excluded: frozenset[str] = frozenset()
    granted: frozenset[str] | None = None
    admin: bool = False

    @classmethod
    def of(cls, chosen: Collection[str] = (), *, excluded: Iterable[str] = (), read_only: bool = False) -> "Policy":
        """Make a policy of names of tools and toolsets; without a choice every tool is offered but `OPT_IN`.

        Raises `UnknownToolError` for a name that is neither.
        """
        wanted = _named(chosen) if chosen else toolsets()["default"]
        left_out = list(excluded)
        # Without administration the raw request is still there, for all the rest.
        out = _named((name for name in left_out if name != ADMIN), operations=True)
        return cls(wanted - out, read_only, out, admin=ADMIN in chosen and ADMIN not in left_out)

    @property
    def readable(self) -> Readable:
        """Return the types of record that can be read."""
        return readable_with(self.tools, self.excluded, admin=self.admin)

    def offers(self, tool: Tool) -> bool:
        """Return whether a tool is listed and can be called: not one whose every request would be refused."""
        return self._chosen(tool) and tool.name not in _without(self.granted)

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Return the tools that the settings offer and the token's scopes leave out, with what each lacks."""
        without = _without(self.granted)
        return {tool.name: without[tool.name] for tool in all_tools() if tool.name in without and self._chosen(tool)}

    def _chosen(self, tool: Tool) -> bool:
        """Return whether the settings offer a tool."""
        hidden = self.readable.hidden
        if tool.name not in self.tools or (hidden and hides(tool, hidden)):
            return False
        # What a raw request does depends on the request, and reading is one of the things it does.
        return tool.read_only or not self.read_only or tool.name in _FREE

    def offered(self) -> tuple[Tool, ...]:
        """Return the tools that are listed, in their order."""
        return tuple(tool for tool in all_tools() if self.offers(tool))

    def why_not(self, name: str) -> str:
        """Return the reason why a tool that the settings offer is not listed, empty for any other."""
        lacking = self.lacking().get(name)
        return f"{name} cannot be used: {told_lacking(lacking)} Nothing was sent." if lacking else ""

    def narrowed(self, path: str) -> "Policy | None":
        """Return the policy for a path such as `readonly`, `x/prospects` or `x/prospects,tasks/readonly`.

        None for any other path.
        """
        policy = self
        segments = [segment for segment in path.split("/") if segment]
        while segments:
            first = segments.pop(0)
            if first == _READ_ONLY_PATH:
                policy = replace(policy, read_only=True)
            elif first == _CHOICE_PATH and segments:
                chosen = segments.pop(0).split(",")
                try:
                    names = _named(chosen)
                except UnknownToolError:
                    return None
                policy = replace(policy, tools=policy.tools & names, admin=policy.admin and ADMIN in chosen)
            else:
                return None
        return policy

    def refusal(self, tool: Tool, kind: str, what: str) -> str:
        """Return why a general tool may not run an operation of the contract, empty where it may."""
        outgoing = outgoing_of(kind, what)
        try:
            self.judge(tool, outgoing)
        except PolicyError as error:
            return str(error).replace(f"{outgoing.method} {outgoing.path}", names_by_operation()[kind, what], 1)
        return ""

    def judge(self, tool: Tool, outgoing: Outgoing, *, looks_up: bool = False) -> None:
        """Raise `PolicyError` unless a tool's request is allowed; one that `looks_up` a name is shown names alone.

        A tool with operations of its own may ask for those, and look at what other tools are offered for. What the raw
        request and the link ask for must be open to them: an operation that other tools exist for needs one of those to
        be offered, and of a type of which nothing is offered they reach nothing.
        """
        asked = f"{outgoing.method} {outgoing.path}"
        if fault := fault_of(outgoing):
            raise PolicyError(f"{asked} is refused: {fault}. Nothing was sent.")
        operation = outgoing.operation
        if self.read_only and outgoing.method != "GET":
            raise PolicyError(f"{asked} is refused: this server only reads (read-only mode). Nothing was sent.")
        if is_of_labels(tool, outgoing.method, outgoing.path) and self.offers(tool):
            return  # of what it tells, the tool gets no more than `with_labels` leaves
        looks = tool.borrows and outgoing.method == "GET"
        # What a tool with operations of its own asks of other types is what it declares: who is called what.
        looks_up = (looks_up or bool(tool.operations)) and self._is_look_up(tool, operation)
        if not tool.operations and not looks and not looks_up and self._is_administration(outgoing, operation):
            seen = outgoing.method == "GET" and operation.type in SEEN
            reason = self._why_closed({operation.type}, "it") if seen else _OF_ADMINISTRATORS
            raise PolicyError(f"{asked} is refused: {reason}. Nothing was sent.")
        if not self.offers(tool) or not (looks_up or self._allows(tool, operation)):
            reason = self._why_closed({kind for kind, _ in operation.demands}, "it", operation.demands)
            raise PolicyError(f"{asked} is refused: {reason}. Nothing was sent.")
        missing = self._missing_scopes(operation)
        if missing:
            raise PolicyError(f"{asked} is refused: {told_lacking(missing)} Nothing was sent.")
        bound = bool(tool.operations) or tool.borrows
        if not bound or not self.readable.whole:
            brought = frozenset(kind for kind, _ in tool.operations) if tool.figures else frozenset[str]()
            own = bool(tool.operations) and not looks_up
            untold = _untold(self.readable, outgoing, bound=bound, own=own, looks_up=looks_up, brought=brought)
            self._judge_told(outgoing, untold)

    def judge_aside(self, outgoing: Outgoing) -> None:
        """Raise `PolicyError` unless a read of our own, for a question, shows no more than may be shown."""
        if outgoing.method != "GET" or fault_of(outgoing):
            raise PolicyError(f"{outgoing.method} {outgoing.path} is refused: it is not a read. Nothing was sent.")
        self._judge_told(outgoing, _untold(self.readable, outgoing, bound=True))

    def _judge_told(self, outgoing: Outgoing, untold: list[Told]) -> None:
        """Raise for a request that shows what may not be shown; where it merely brings it along, say so."""
        if not untold:
            return
        asked, types = f"{outgoing.method} {outgoing.path}", sorted({told.type for told in untold if told.type})
        by = f" with {untold[0].by}" if untold[0].by else ""
        known = [each for each in types if each in resource_types()]
        reason = self._why_closed(known, listed(known)) if known else _UNTOLD
        if types and not self.admin and (ADMINISTRATION - SEEN).issuperset(types):
            reason = _OF_ADMINISTRATORS
        message = f"{asked}{by} is refused: {reason}. Nothing was sent."
        if all(told.brought or not told.by or told.by.startswith("fields[") for told in untold):
            raise ExcludedRelatedError(message, reason=reason, types=frozenset(types))
        raise PolicyError(message)

    def _why_closed(self, types: Collection[str], what: str, demands: Collection[tuple[str, str]] = ()) -> str:
        """Return the reason why types, or operations on them, are closed: excluded by name, or merely not chosen."""
        able = frozenset[str]().union(*(_able().get(each, ()) for each in demands))
        if not self.readable.hidden.isdisjoint(types) or not able.isdisjoint(self.excluded):
            return f"this server's settings exclude {what}"
        # Of a type without tools of its own nothing can be chosen.
        usual = [tool for tool in all_tools() if tool.name not in OPT_IN and tool.toolset != "options"]
        groups = sorted({tool.toolset for tool in usual if tool.resource in types})
        if not groups or frozenset(tool.name for tool in usual if tool.toolset in groups) <= self.tools:
            return f"this server's settings exclude {what}"
        return f"this server's settings do not choose {what} (OUTREACH_MCP_TOOLSETS without {listed(groups)})"

    def _is_administration(self, outgoing: Outgoing, operation: Operation) -> bool:
        """Return whether a request of no tool's own is about administration that was not chosen."""
        if self.admin or operation.type not in ADMINISTRATION:
            return False
        return outgoing.method != "GET" or operation.type not in self.readable.readable

    def _allows(self, tool: Tool, operation: Operation) -> bool:
        if tool.borrows:
            return self._allows_free(operation)
        if not tool.operations:
            return self._allows_free(operation)
        if self._is_left_out(operation):
            return False
        if tool.partial:  # it is offered though something that it asks for may be excluded
            closed = (_able().get(each, frozenset[str]()) for each in operation.demands)
            hidden = any(kind in self.readable.hidden for kind, _ in operation.demands)
            if hidden or any(each and each <= self.excluded for each in closed):
                return False
        return all(
            demand in tool.operations
            or (demand[1] == "get" and demand[0] in tool.reads and demand[0] in self.readable.readable)
            or (demand[1] == "list" and demand[0] in tool.looks and self._open(demand))
            for demand in operation.demands
        )

    def _allows_free(self, operation: Operation) -> bool:
        """Return whether a request of no tool's own may be made: what it asks for is open, and not left out by name."""
        return not self._is_left_out(operation) and all(self._open(demand) for demand in operation.demands)

    def _is_left_out(self, operation: Operation) -> bool:
        """Return whether an operation is excluded by its own name, which no tool has."""
        name = names_by_operation().get((operation.type, operation.kind), "")
        return name in self.excluded and all(tool.name != name for tool in all_tools())

    def _is_look_up(self, tool: Tool, operation: Operation) -> bool:
        """Return whether a tool asks who has a name, of a type that it names in its arguments and that is not excluded.

        Like a list that brings names along, it may do so of a type that was merely not chosen: of that it is told no
        more than who is called what.
        """
        demand, able = (operation.type, "list"), _able().get((operation.type, "list"))
        if operation.kind != "list" or operation.type not in tool.names or operation.type in self.readable.hidden:
            return False
        if (able and able <= self.excluded) or self._is_left_out(operation):
            return False
        return demand not in tool.operations and not (operation.type in tool.looks and self._open(demand))

    def _missing_scopes(self, operation: Operation) -> tuple[str, ...]:
        """Return the scopes that a request needs and the token is known not to have.

        Which scope a path without tools needs is less certain: there Outreach has the word.
        """
        if self.granted is None:
            return ()
        needed = {scope for demand in operation.demands if demand in _able() for scope in scopes_of(*demand)}
        return tuple(sorted(needed - expanded(self.granted)))

    def _open(self, demand: tuple[str, str]) -> bool:
        """Return whether what is asked for is open.

        A tool that is offered only where it is chosen closes nothing by not being so.
        """
        able = _able().get(demand, frozenset())
        if names_by_operation().get(demand, "") in self.excluded or (able and able <= self.excluded):
            return False
        if self.admin and demand[0] in ADMINISTRATION:
            return True
        usual = able - (OPT_IN - self.tools)
        if not usual:
            return self._shows(demand[0])
        return not self.tools.isdisjoint(usual) and not (demand[1] in READING and demand[0] in self.readable.hidden)

    def _shows(self, kind: str) -> bool:
        """Return whether a tool for a type is offered; one without tools of its own is for the raw request to read."""
        if usual := _of_type().get(kind, frozenset()) - (OPT_IN - self.tools):
            return not self.tools.isdisjoint(usual)
        return not kind or kind in self.readable.readable


def _untold(
    readable: Readable,
    outgoing: Outgoing,
    *,
    bound: bool,
    own: bool = False,
    looks_up: bool = False,
    brought: frozenset[str] = frozenset(),
) -> list[Told]:
    """Return what a request shows and may not.

    A `bound` one is made by ourselves, of which as much as a name may be shown; its `own` type is then the matter of
    the tool's declaration, as are types that may be `brought` along, and one that `looks_up` names may be shown those.
    Of a change the answer shows no more than what was set.
    """
    found: list[Told] = []
    for told in told_by(outgoing):
        if told.type == UNKNOWN:
            may = readable.whole
        elif not told.by and (own or outgoing.method != "GET"):
            may = True
        elif not told.by and looks_up and told.type not in readable.readable:
            may = readable.calls(told.type, told.fields) and asks_for_names(told.type, outgoing)
        else:
            may = told.type in readable.readable | brought or (bound and readable.names(told.type, told.fields))
        if not may:
            found.append(told)
    return found


def is_of_labels(tool: Tool, method: str, path: str) -> bool:
    """Say whether a request of a tool's reads the labels of custom fields, and the tool shows those."""
    return tool.labels and method == "GET" and path == "/types"


def told_lacking(scopes: Collection[str]) -> str:
    """Return the sentences that say which scopes the token lacks, and what to do about it."""
    return (
        f"The token lacks the scope{'s' if len(scopes) > 1 else ''} {listed(scopes)}: add what is missing to the app "
        "in Outreach, log in again and restart this server."
    )


def _named(names: Iterable[str], *, operations: bool = False) -> frozenset[str]:
    """Return the tools that names of tools and toolsets stand for; where it may be, names of operations as they are."""
    groups, tools = toolsets(), {tool.name for tool in all_tools()}
    found: set[str] = set()
    for name in names:
        if name in groups:
            found |= groups[name]
        elif name in tools or (operations and name in operations_by_name()):
            found.add(name)
        else:
            known = [*groups, *sorted(tools)]
            raise UnknownToolError(
                f"{name!r} is not a tool or toolset{nearest(name, known)}; the toolsets are {listed(groups)}"
            )
    return frozenset(found)


@lru_cache(maxsize=64)
def _without(granted: frozenset[str] | None) -> dict[str, tuple[str, ...]]:
    return {} if granted is None else tools_without(all_tools(), granted)


@cache
def _able() -> dict[tuple[str, str], frozenset[str]]:
    """Return, for every operation that some tool opens to others, the names of those tools."""
    able: dict[tuple[str, str], set[str]] = {}
    for tool in all_tools():
        for operation in tool.opens:
            able.setdefault(operation, set()).add(tool.name)
    return {operation: frozenset(names) for operation, names in able.items()}


@cache
def _of_type() -> dict[str, frozenset[str]]:
    """Return the names of the tools that do something with records of a type, drop-downs aside."""
    kinds = {kind for kind, _ in _able()}
    return {kind: frozenset().union(*(names for (of, _), names in _able().items() if of == kind)) for kind in kinds}
