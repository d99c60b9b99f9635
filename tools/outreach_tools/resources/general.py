"""The four tools for all that the contract has: find an operation, then read, change or delete by its name."""

from collections.abc import Callable

from outreach_tools.catalog.operation_names import operations_by_name
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost
from outreach_tools.engine.arguments import FindArguments, OperationArguments, lift, read
from outreach_tools.engine.dry_run import without_dry_run
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.matching import find, nearest, shorten
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.operations.finding import search
from outreach_tools.engine.operations.making import Contract
from outreach_tools.engine.operations.telling import CHANGE, DELETE, READ, arguments_of, tool_of
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.tool import Context, Tool

TOOLSET = "operations"

_COLUMNS = ["name", "tool", "arguments"]
_BUDGET = 230  # tokens of what is found, so that a whole answer has about 250
_NAMES = (40, 12, 5, 3, 2)  # of fields in a row, as many as there is room for
_TOOLS: dict[str, str] = {READ: "reads", CHANGE: "changes", DELETE: "deletes"}


def general_tools(contract: Callable[[], Contract]) -> tuple[Tool, ...]:
    """Make the four tools; `contract` gives the operations, which are made when they are first needed."""
    return (_find(contract), _read(contract), _change(contract), _delete(contract))


def _find(contract: Callable[[], Contract]) -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(FindArguments, arguments)
        operations = operations_by_name()
        found, closed = search(given.query, lambda name: not context.refusal(*operations[name]))
        declared = contract().declared
        rows = [[name, tool_of(name), ""] for name in found]
        for place, row in enumerate(rows):
            # The first is the likeliest one; the rest have to be told from each other.
            for most in _NAMES if place == 0 else _NAMES[2:]:
                row[2] = arguments_of(row[0], declared[operations[row[0]][0]], most)
                if cost(rows[: place + 1]) <= _BUDGET * (len(found) if len(found) == 1 else 1):
                    break
        while len(rows) > 1 and cost(rows) > _BUDGET:
            rows.pop()
        answer: JsonObject = {"columns": _COLUMNS, "rows": rows}
        if closed:
            answer["note"] = f"{closed} more are closed by this server's settings"
        elif not rows:
            answer["note"] = "nothing is called so: say what is to be done to what, like 'add a tag to prospects'"
        return answer

    return Tool(
        name="find_operations",
        title="Find operations",
        description=(
            "Look up which operation (function, way) does what no other tool does, is it possible, how can I: find an "
            "operation among all that Outreach has, like bulk changes of tags or owners, csv uploads, products, "
            "purchases, favorites (star), roles, profiles, content categories (folders), a ruleset."
        ),
        input_schema=object_schema({"query": {"type": "string"}}, ("query",)),
        run=run,
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        toolset=TOOLSET,
    )


def _read(contract: Callable[[], Contract]) -> Tool:
    return _general(
        contract,
        READ,
        "Run (execute) a reading operation that find_operations found (list_…, get_…), and show what it "
        "gives. arguments is JSON: id, filters, fields.",
        read_only=True,
    )


def _change(contract: Callable[[], Contract]) -> Tool:
    return _general(
        contract,
        CHANGE,
        "Run (execute, do, apply) a changing operation that find_operations found: it creates, updates, assigns, adds "
        "a tag, confirms a batch; of one record or many ids. arguments is JSON: id, ids, attributes, relationships. "
        "It may send e-mail.",
    )


def _delete(contract: Callable[[], Contract]) -> Tool:
    return _general(
        contract, DELETE, "Run (execute) a deleting operation that find_operations found, by the number (id): delete_…."
    )


def _general(contract: Callable[[], Contract], name: str, description: str, *, read_only: bool = False) -> Tool:
    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        lifted = lift(arguments, {"arguments": lambda _: True}, ("operation", "arguments"))
        given = read(OperationArguments, lifted)
        known = find(given.operation, operations_by_name())
        if known is None:
            hint = nearest(given.operation, operations_by_name()) or ":"
            raise ArgumentError(
                f"'operation' is {shorten(given.operation)}, which is not an operation{hint} find_operations finds them"
            )
        if (other := tool_of(known)) != name:
            raise ArgumentError(f"{known} {_TOOLS[other]}: call {other} with it")
        if why := context.refusal(*operations_by_name()[known]):
            raise ToolError(why)
        inner = given.arguments if read_only else without_dry_run(given.arguments)
        return await contract().tool(known).run(context, inner)

    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        input_schema=object_schema({"operation": {"type": "string"}, "arguments": {"type": "string"}}, ("operation",)),
        run=run,
        read_only=read_only,
        destructive=not read_only,
        idempotent=name != CHANGE,
        open_world=name == CHANGE,
        toolset=TOOLSET,
        names=frozenset(NAMINGS),
        labels=True,
    )
