"""A setting is declared once, in its field: flags and documents come of that, and somebody reads what it says."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel

from outreach_mcp.commands.flags import add_flag, flags_of
from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.settings.credentials import way_in
from outreach_mcp.settings.declaration import Flag, Setting, declared_in
from outreach_mcp.settings.settings import NEEDED, SETTINGS, Settings
from tests.support.processes import ROOT

SERVER = ROOT / "server" / "outreach_mcp"
OUTSIDE = [path for path in SERVER.rglob("*.py") if SERVER / "settings" not in path.parents]
WITHIN = sorted((SERVER / "settings").rglob("*.py"))


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings that code reads, and the other names that it uses."""

    attributes: frozenset[str]
    names: frozenset[str]


def reading(code: ast.AST, *called: str) -> Reading:
    """Return what code reads of a variable or an attribute that is `called` so."""
    nodes = [node for node in ast.walk(code) if isinstance(node, ast.Name | ast.Attribute)]
    loaded = [node for node in nodes if isinstance(node.ctx, ast.Load)]
    return Reading(
        frozenset(node.attr for node in loaded if isinstance(node, ast.Attribute) and name_of(node.value) in called),
        frozenset(map(name_of, loaded)),
    )


def name_of(node: ast.expr) -> str:
    """Return the last part of a name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def functions() -> Mapping[str, Reading]:
    """Return what the functions of the room of settings read that hand something on: checks only refuse."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in WITHIN]
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {
        each.name: reading(each, "settings", "self")
        for each in found
        if not (isinstance(each.returns, ast.Constant) and each.returns.value is None)
    }


def unread(fields: Collection[str], outside: Collection[str]) -> set[str]:
    """Return the fields that none of these sources reads, by itself or through what the room of settings offers."""
    readings = [reading(ast.parse(source), "settings", "_settings") for source in outside]
    offered = functions()
    while True:
        names = {name for each in readings for name in each.names}
        more = [reading for name, reading in offered.items() if name in names and reading not in readings]
        if not more:
            return set(fields) - {name for each in readings for name in each.attributes}
        readings += more


def variables_in(text: str) -> Iterator[str]:
    """Yield the variables of ours that a text names; not their beginnings, such as `OUTREACH_MCP_*`."""
    yield from re.findall(r"\bOUTREACH_[A-Z0-9_]+[A-Z0-9]\b(?!_)", text)


def test_every_setting_is_handed_to_somebody() -> None:
    assert unread(SETTINGS, [path.read_text(encoding="utf-8") for path in OUTSIDE]) == set()


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("serve(settings.port)", {"redis_url", "service_account", "store"}),
        ("serve(self._settings.port, config.store)", {"redis_url", "service_account", "store"}),
        ("settings.port; settings.redis_url", {"service_account"}),
        ("settings.port; act_as_themselves(settings)", {"redis_url", "store"}),
        ("settings.port; check_callers(settings)", {"redis_url", "service_account", "store"}),
        ("port = store = 1", {"port", "redis_url", "service_account", "store"}),
    ],
)
def test_a_setting_that_nobody_reads_is_noticed(source: str, left: set[str]) -> None:
    assert unread(("port", "redis_url", "service_account", "store"), [source]) == left


def test_every_variable_that_the_server_names_is_that_of_a_setting() -> None:
    known = {setting.variable for setting in SETTINGS.values()}
    named = {(path.name, name) for path in (*OUTSIDE, *WITHIN) for name in variables_in(path.read_text("utf-8"))}
    assert {each for each in named if each[1] not in known} == set()


def literals_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the variables that stand in a module's code as texts of their own, with where; not where declared."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    declared = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg == "variable"}
    known = {setting.variable for setting in SETTINGS.values()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in known and id(node) not in declared:
            yield path.name, str(node.value)


def test_the_room_of_settings_has_no_second_list_of_variables() -> None:
    assert [each for path in WITHIN for each in literals_of(path)] == []


def test_what_opens_or_completes_a_way_to_an_account_is_what_that_way_needs() -> None:
    declared = {
        way: {each.variable for each in SETTINGS.values() if way in (each.opens, each.completes)} for way in NEEDED
    }
    assert {way: set(names) for way, names in NEEDED.items()} == declared
    assert all(way_in(names, SETTINGS) == way for way, names in NEEDED.items())


def test_variables_and_flags_are_each_of_one_setting() -> None:
    variables = [setting.variable for setting in SETTINGS.values()]
    flags = [name for each in SETTINGS.values() if each.flag for name in (each.flag.name, each.flag.alias) if name]
    assert (len(set(variables)), len(set(flags))) == (len(variables), len(flags))


@pytest.mark.parametrize("field", [field for field, setting in SETTINGS.items() if setting.flag])
def test_a_flag_gives_the_setting_that_declares_it(field: str) -> None:
    flag = SETTINGS[field].flag
    assert flag is not None
    for name in filter(None, (flag.name, flag.alias)):
        given = vars(build_parser().parse_args(["serve", name, *(["value"] if flag.metavar else [])]))
        settings = {each: value for each, value in given.items() if each in SETTINGS and value is not None}
        assert settings == {field: "value" if flag.metavar else True}


def test_help_says_what_a_setting_does_and_its_variable_and_its_default() -> None:
    shown = " ".join(flags_of("serving").format_help().split())
    assert "--port N over HTTP, the port to listen on; 0 for a free one (OUTREACH_MCP_PORT, 8000)" in shown
    assert "(OUTREACH_MCP_STRUCTURED)" in shown


def test_a_setting_without_a_flag_gets_none() -> None:
    with pytest.raises(ValueError, match="the setting 'access_token' has no flag"):
        add_flag(flags_of(), "access_token")


def test_a_field_that_declares_nothing_is_refused() -> None:
    class Undeclared(BaseModel):
        colour: Annotated[str, "of no setting"] = "red"

    with pytest.raises(TypeError, match=r"Undeclared\.colour declares no Setting"):
        declared_in(Undeclared)


def test_a_secret_can_have_no_flag() -> None:
    with pytest.raises(TypeError, match="OUTREACH_MCP_WORD is a secret"):
        Setting(
            variable="OUTREACH_MCP_WORD",
            help="a word",
            allowed="any",
            flag=Flag("serving", "--word", "WORD"),
            hidden=True,
        )


def test_every_value_that_pydantic_hides_is_declared_a_secret() -> None:
    secrets = {
        name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation) or not field.repr
    }
    assert secrets == {field for field, setting in SETTINGS.items() if setting.hidden}


def test_every_section_is_in_the_documents_in_its_order() -> None:
    described = [
        variable
        for document in (ROOT / "README.md", ROOT / "docs" / "settings.md")
        for variable in re.findall(r"^\| `(OUTREACH_\w+)` \|", Path(document).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert described == [setting.variable for setting in SETTINGS.values()]
