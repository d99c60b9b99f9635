"""Imports through a real client: what becomes of each row, that nothing else is done, and what no file gets past."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import workbench
from tests.tools.files.test_exporting import RECORDS, files_in
from tests.tools.test_definitions import O200K
from tests.tools.test_lists import people

PEOPLE = [
    Record("user", 1, {"firstName": "Sally", "lastName": "Smith", "email": "sally@acme.example"}),
    Record("account", 5, {"name": "Acme", "domain": "acme.example", "customId": "A-5"}),
    Record("account", 6, {"name": "Bolt", "domain": "bolt.example"}),
    Record(
        "prospect", 7,
        {"firstName": "Ann", "lastName": "Lee", "emails": ["ann@acme.example"], "title": "CEO", "externalId": "X-7"},
        {"account": Identifier("account", 5), "owner": Identifier("user", 1)},
    ),
    Record("prospect", 8, {"firstName": "Bob", "emails": ["bob@acme.example", "b@acme.example"], "tags": ["vip"]}),
    Record("prospect", 9, {"firstName": "Cy", "emails": ["cy@acme.example"]}),
    Record("prospect", 10, {"firstName": "Cy", "emails": ["cy@acme.example"]}),
]  # fmt: skip


async def planned(csv: str, resource: str = "prospect", **arguments: Any) -> dict[str, Any]:
    """Plan an import into `PEOPLE`, which changes nothing, and return the answer."""
    async with workbench(PEOPLE) as bench:
        before = bench.contents()
        answer = await bench.call("plan_import", resource=resource, csv=csv, **arguments)
        assert bench.contents() == before
        return answer


def outcomes(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in ("create", "update", "unchanged", "skip", "error") if name in answer}


RESOURCES = ("prospect", "account", "opportunity", "task", "sequence", "call", "stage", "callDisposition")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_that_is_imported_changes_nothing(tmp_path: Path, form: str) -> None:
    os.chmod(tmp_path, 0o700)
    async with workbench(files=LocalFiles(Folder(tmp_path))) as bench:
        for resource in RESOURCES:
            exported = await bench.call("export_records", resource=resource, format=form, fields=["*"])
            answer = await bench.call("plan_import", resource=resource, path=exported["file"])
            assert outcomes(answer) == {"unchanged": exported["rows"]}, resource
            assert "plan_id" not in answer
        assert bench.changes() == []


ODD = st.one_of(
    st.text(alphabet=st.sampled_from("=+-@'\t\r\n\",;[]{}|_x0Dé漢\U0001f600 \x00\x0b\ufeff"), max_size=12),
    st.sampled_from(["null", "true", "7", "007", "1e5", "_x0041_", "x" * 40_000]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(ODD, min_size=1, max_size=4), tags=st.lists(ODD, max_size=3), form=st.sampled_from(["csv", "xlsx"])
)
async def test_whatever_records_hold_an_export_of_them_changes_nothing(
    tmp_path: Path, texts: list[str], tags: list[str], form: str
) -> None:
    records = [
        Record("prospect", number, {"title": text, "company": text[::-1], "tags": tags, "custom1": text})
        for number, text in enumerate(texts, 1)
    ]
    fields = ["title", "company", "tags", "custom1"]
    async with files_in(tmp_path, records) as bench:
        exported = await bench.call("export_records", resource="prospect", format=form, fields=fields)
        answer = await bench.call("plan_import", resource="prospect", path=exported["file"])
    assert outcomes(answer) == {"unchanged": len(texts)}


async def test_what_the_preview_said_is_what_is_done() -> None:
    csv = "First Name,Surname,E-mail,Job title,Owner,Account\nNew,One,new@bolt.example,CTO,Sally Smith,Bolt\n"
    csv += ",,ANN@acme.example,CFO,,Bolt\n"
    async with workbench(PEOPLE) as bench:
        answer = await bench.call("plan_import", resource="prospect", csv=csv)
        assert outcomes(answer) == {"create": 1, "update": 1}
        new, ann = answer["examples"]
        assert new == {
            "line": 2, "firstName": "New", "lastName": "One", "emails": "new@bolt.example", "title": "CTO",
            "owner": "Sally Smith (1)", "account": "Bolt (6)",
        }  # fmt: skip
        assert ann == {"line": 3, "id": 7, "name": "Ann Lee", "title": "CEO → CFO", "account": "Acme → Bolt (6)"}
        done = await bench.call("apply_plan", plan_id=answer["plan_id"])
        assert (done["state"], done["done"]) == ("done", 2)
        assert sorted(each for each in bench.changes()) == ["PATCH /prospects/7", "POST /prospects"]
        found = await bench.call(
            "list_prospects", filters={"emails": "new@bolt.example"}, fields=["firstName", "title", "account", "owner"]
        )
        assert found["rows"][0][1:] == ["New", "CTO", "Bolt", 6, "Sally Smith", 1]
        again = await bench.call("plan_import", resource="prospect", csv=csv)
        assert outcomes(again) == {"unchanged": 2}


MATCHES = {
    "id": ("id,title\n7,CFO\n", {"update": 1}),
    "e-mail in any case": ("Email,title\nAnn@ACME.example,CFO\n", {"update": 1}),
    "a second e-mail": ("Email,title\nb@acme.example,CFO\n", {"update": 1}),
    "external id": ("external id,title\nX-7,CFO\n", {"update": 1}),
    "an unknown e-mail": ("Email,title\nno@acme.example,CFO\n", {"create": 1}),
    "an unknown external id": ("externalId,title\nX-8,CFO\n", {"create": 1}),
    "an id that is not there": ("id,title\n999,CFO\n", {"error": 1}),
    "an id that is none": ("id,title\nseven,CFO\n", {"error": 1}),
    "an e-mail of two": ("Email,title\ncy@acme.example,CFO\n", {"error": 1}),
    "the same value": ("id,title\n7,CEO\n", {"unchanged": 1}),
    "the same e-mail twice": ("Email,title\nz@z.example,A\nZ@z.example,B\n", {"create": 1, "error": 1}),
    "the same record twice": ("id,Email,title\n7,,A\n,ann@acme.example,B\n", {"update": 1, "error": 1}),
    "an empty cell": ("id,title\n7,\n", {"unchanged": 1}),
    "nothing at all": ("Email,title,note\n,,x\n", {"skip": 1}),
    "a formula": ("id,title\n7,=1+1\n", {"error": 1}),
    "a guarded formula": ("id,title\n7,'=1+1\n", {"update": 1}),
    "a wrong e-mail": ("Email\nnobody\n", {"error": 1}),
    "a wrong date": ("id,dateOfBirth\n7,soon\n", {"error": 1}),
    "a wrong truth": ("id,optedOut\n7,maybe\n", {"error": 1}),
    "a name that nobody has": ("id,owner\n7,Nobody Else\n", {"error": 1}),
    "a relationship by name": ("id,account\n7,Bolt\n", {"update": 1}),
    "a relationship by id": ("id,account_id\n7,6\n", {"update": 1}),
    "a name beside its id": ("id,account,account_id\n7,Acme,5\n", {"unchanged": 1}),
    "another name beside its id": ("id,account,account_id\n7,Bolt,5\n", {"error": 1}),
    "a custom field": ("id,Assistant\n7,Kim\n", {"update": 1}),
    "semicolons": ("id;title\n7;CFO\n", {"update": 1}),
    "tabs": ("id\ttitle\n7\tCFO\n", {"update": 1}),
    "bars": ("Email|title\nann@acme.example|CFO\n", {"update": 1}),
    "what stands between cells in a line of its own": ("sep=;\nid;title\n7;CFO\n", {"update": 1}),
    "a relationship by an id with a blank": ("id,Account ID\n7,6\n", {"update": 1}),
    "a link for an e-mail": ("Email\nmailto:ann@acme.example\n", {"error": 1}),
    "an e-mail with what comes after it": ("Email\nann@acme.example|CFO\n", {"error": 1}),
    "the same value between blanks": ("id, title\n7, CEO \n", {"unchanged": 1}),
    "the company of somebody in an account": ("id,company\n7,Other\n8,Other\n", {"update": 1, "skip": 1}),
    "ends of lines of old": ("id,title\r7,CFO\r", {"update": 1}),
}


@pytest.mark.parametrize("case", MATCHES)
async def test_a_row_comes_to(case: str) -> None:
    csv, expected = MATCHES[case]
    assert outcomes(await planned(csv)) == expected


ACCOUNTS = {
    "its domain": ("domain,industry\nhttps://www.ACME.example/en,Tools\n", {"update": 1}),
    "its external id": ("customId,industry\nA-5,Tools\n", {"update": 1}),
    "its name, where there is no domain": ("Company,industry\nacme,Tools\n", {"update": 1}),
    "another domain": ("name,domain\nAcme,acme.org\n", {"create": 1}),
    "no name": ("domain\nacme.org\n", {"error": 1}),
    "a name that is more to a filter": ('name\n"null"\n"a..b, c"\n', {"create": 2}),
}


@pytest.mark.parametrize("case", ACCOUNTS)
async def test_an_account_is_found_by(case: str) -> None:
    csv, expected = ACCOUNTS[case]
    assert outcomes(await planned(csv, "account")) == expected


async def test_blanks_around_a_value_belong_to_the_table() -> None:
    answer = await planned("Email , title , lastName\n ann@acme.example , CFO ,  Lie \n")
    assert answer["examples"] == [
        {"line": 2, "id": 7, "name": "Ann Lee", "title": "CEO → CFO", "lastName": "Lee → Lie"}
    ]


async def test_errors_name_the_line_of_the_file_and_the_reason() -> None:
    csv = 'id,title,Email\n7,"two\nlines",\n\n999,A,\n,B,nobody\n'
    answer = await planned(csv)
    assert [each["line"] for each in answer["errors"]] == [5, 6]
    assert "there is no prospect 999" in answer["errors"][0]["why"]
    assert "nobody" in answer["errors"][1]["why"]


async def test_several_values_are_added_and_none_is_taken_away() -> None:
    answer = await planned("id,Email,tags\n8,new@acme.example; B@acme.example,expo\n")
    assert answer["examples"] == [
        {
            "line": 2, "id": 8, "name": "Bob",
            "emails": "bob@acme.example, b@acme.example → bob@acme.example, b@acme.example, new@a…",
            "tags": "vip → vip, expo",
        }
    ]  # fmt: skip


async def test_columns_are_proposed_by_name_label_word_and_example_and_can_be_said() -> None:
    csv = "Kontakt,Vorname,Surname,assistant,createdAt,x\na@b.example,Ann,Lee,Kim,2026-01-01,y\n"
    proposed = await planned(csv)
    assert proposed["columns"] == {
        "Kontakt": "emails", "Vorname": "(no such field)", "Surname": "lastName", "assistant": "Assistant",
        "createdAt": "(read-only)", "x": "(no such field)",
    }  # fmt: skip
    said = await planned(csv, columns={"Vorname": "firstName", "Surname": None})
    assert (said["columns"]["Vorname"], said["columns"]["Surname"]) == ("firstName", "(left out)")


async def test_the_values_of_a_workbook_are_taken_as_they_are_shown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["id", "optedOut", "score", "title"])
    sheet.append([7, True, 7.5, 42])
    sheet.append([8, None, None, "=SUM(1,2)"])
    book.save(tmp_path / "people.xlsx")
    async with files_in(tmp_path, PEOPLE) as bench:
        answer = await bench.call("plan_import", resource="prospect", path="people.xlsx")
    assert outcomes(answer) == {"update": 1, "error": 1}
    assert answer["examples"][0] | {"line": 2} == {
        "line": 2, "id": 7, "name": "Ann Lee", "optedOut": "nothing → true", "score": "nothing → 7.5",
        "title": "CEO → 42",
    }  # fmt: skip
    assert answer["errors"] == [{"line": 3, "why": "'title' holds a formula: put its value there"}]


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in parts.items():
            archive.writestr(name, contents)
    return file.getvalue()


def workbook(sheet: bytes, shared: bytes = b"") -> bytes:
    """Return a workbook of one sheet that holds just that XML."""
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    extra = {"xl/sharedStrings.xml": shared} if shared else {}
    return zipped({**parts, "xl/worksheets/sheet1.xml": sheet, **extra})


NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
CELL = b'<c r="%s" t="inlineStr"><is><t>id</t></is></c>'
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "is empty"),
    "a byte that is not UTF-8": (lambda: b"id,title\n7,caf\xe9\n", "not UTF-8"),
    "half of UTF-16": (lambda: b"\xff\xfei", "UTF-16"),
    "zeros": (lambda: b"id,title\n\0\0\0", "not a table"),
    "10,000 columns": (lambda: ",".join(f"c{n}" for n in range(10_000)).encode(), "10,000 columns"),
    "10,000 columns in a row": (lambda: b"id,title\n7," + b"," * 10_000, "columns"),
    "two columns of one name": (lambda: b"title,Title\na,b\n", "two columns are called"),
    "no names": (lambda: b" , \na,b\n", "no column can be written"),
    "no column that can be written": (lambda: b"foo,bar\n1,2\n", "no column can be written"),
    "more cells than headers": (lambda: b"id,title\n7,a,b\n", "line 2 has more cells"),
    "an endless cell": (lambda: b'id,title\n7,"' + b"x" * 200_000, "line 2"),
    "JSON": (lambda: b'{"id": 7}\n', "no column can be written"),
    "100,001 rows": (lambda: b"id,title\n" + b"7,CEO\n" * 100_001, "100,000 rows"),
    "a workbook of old": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".xls"),
    "no archive": (lambda: b"PK\x03\x04rubbish", "not a workbook"),
    "another archive": (lambda: zipped({"a.txt": b"x"}), "not a workbook"),
    "a zip bomb": (lambda: zipped({"xl/worksheets/sheet1.xml": b"0" * 300_000_000}), "unpacks to"),
    "a bomb of texts": (lambda: zipped({"xl/sharedStrings.xml": b"0" * 70_000_000}), "unpacks to"),
    "10,000 parts": (lambda: zipped({f"{number}.xml": b"" for number in range(10_000)}), "10,000 parts"),
    "entities": (
        lambda: workbook(b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet ' + NAMESPACE + b"/>"), "entities",
    ),
    "a sheet that is not XML": (lambda: workbook(b"<worksheet"), "not a workbook"),
    "a sheet of 16,384 columns": (
        lambda: workbook(b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'>" + CELL % b"A1" + CELL % b"XFD1"
                         + b"</row></sheetData></worksheet>"),
        "columns",
    ),
    "a row far below": (
        lambda: workbook(b"<worksheet " + NAMESPACE + b"><sheetData><row r='999999999999'>" + CELL % b"A1"
                         + b"</row></sheetData></worksheet>"),
        "is empty|not a workbook",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_file_is_refused_in_one_line_and_nothing_is_changed(tmp_path: Path, case: str) -> None:
    make, said = HOSTILE[case]
    (tmp_path / "in.csv").write_bytes(make())
    async with files_in(tmp_path, PEOPLE) as bench:
        before = bench.contents()
        text = await bench.refused("plan_import", resource="prospect", path="in.csv")
        assert any(each in text for each in said.split("|")), text
        assert "\n" not in text
        assert len(text) < 400
        assert bench.contents() == before
    assert os.listdir(tmp_path) == ["in.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"resource": "prospect"}, "one of 'path', 'uri' and 'csv'"),
        ({"resource": "prospect", "path": "a.csv", "csv": "id\n"}, "one of 'path', 'uri' and 'csv'"),
        ({"resource": "event", "csv": "id\n"}, "'event'"),
        ({"resource": "mailing", "csv": "subject\nHi\n"}, "'mailing'"),
        ({"resource": "sequenceState", "csv": "prospect\n7\n"}, "'sequenceState'"),
        ({"resource": "prospect", "csv": "title\n" + "a\n" * 201}, "200 are taken"),
        ({"resource": "prospect", "csv": "title\na\n", "columns": {"titel": "title"}}, "did you mean 'title'"),
        ({"resource": "prospect", "csv": "title\na\n", "columns": {"title": "titel"}}, "titel"),
        ({"resource": "prospect", "csv": "title\na\n", "columns": {"title": "createdAt"}}, "read-only"),
        ({"resource": "prospect", "path": "no.csv"}, "cannot be read"),
        ({"resource": "prospect", "path": "/etc/passwd"}, "leads out of that folder"),
        ({"resource": "prospect", "path": "../x.csv"}, "leads out of that folder"),
        ({"resource": "prospect", "uri": "file:///etc/passwd"}, "offers no resources"),
    ],
)
async def test_wrong_arguments_are_refused_by_name(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    async with files_in(tmp_path, PEOPLE) as bench:
        assert said in await bench.refused("plan_import", **arguments)


async def test_ten_thousand_wrong_rows_are_told_in_1500_tokens(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,title\n" + "".join(f"x{n},{'long ' * 50}\n" for n in range(10_000)))
    async with files_in(tmp_path, PEOPLE) as bench:
        answer = await bench.call("plan_import", resource="prospect", path="in.csv")
    assert outcomes(answer) == {"error": 10_000}
    assert "9,990 more lines are wrong" in answer["note"]
    assert len(O200K.encode(json.dumps(answer, ensure_ascii=False))) <= 1_500


async def test_a_server_that_only_reads_plans_no_import() -> None:
    async with workbench(PEOPLE, guard=Guard(Policy.of(read_only=True), "never")) as bench:
        assert "only reads" in await bench.refused("plan_import", resource="prospect", csv="id,title\n7,CFO\n")


async def test_a_record_that_changed_after_the_preview_is_left_alone(tmp_path: Path) -> None:
    async with files_in(tmp_path, [*people(0), *RECORDS[1:]]) as bench:
        answer = await bench.call("plan_import", resource="prospect", csv="id,title\n7,Other\n")
        await bench.call("update_prospect", prospect_id=7, attributes={"title": "Meanwhile"})
        done = await bench.call("apply_plan", plan_id=answer["plan_id"])
        assert (done.get("done", 0), done["left_out"]) == (0, 1)
        assert "changed since the plan" in str(done["why"])
        assert (await bench.call("get_prospect", prospect_id=7, fields=["title"]))["title"] == "Meanwhile"


SPELLED: list[tuple[str, str, dict[str, int]]] = [
    ("account", "domain,industry\nhttps://www.Acme.example/about,Steel\n", {"industry": 1}),
    ("account", "name,industry\n ACME ,Steel\n", {"industry": 1}),
    ("account", "domain,name,industry\nacme.example,ACME,Steel\n", {"industry": 1, "name": 1}),
    ("account", "id,domain\n5,www.acme.example\n", {"domain": 1}),
    ("prospect", "email,title\nANN@acme.example,CFO\n", {"title": 1}),
]


@pytest.mark.parametrize(("resource", "csv", "changed"), SPELLED, ids=[csv for _, csv, _ in SPELLED])
async def test_what_a_record_is_found_by_is_not_rewritten_in_another_spelling(
    resource: str, csv: str, changed: dict[str, int]
) -> None:
    answer = await planned(csv, resource)
    assert outcomes(answer) == {"update": 1}
    (example,) = answer["examples"]
    assert {*example} - {"line", "id", "name"} == {*changed} - {"name"}
    assert ("→" in example["name"]) == ("name" in changed)


@pytest.mark.parametrize(
    "csv",
    [
        'email,title\na@new.example,"CFO\nb@new.example,CTO\nc@new.example,CEO\n',
        'email,title\n"a@new.example,CFO\nb@new.example,CTO\n',
        'email,"title\na@new.example,CFO\n',
        'email,title\na@new.example,"C"FO"\nb@new.example,CTO\n',
    ],
)
async def test_a_quotation_mark_that_is_not_closed_swallows_no_rows(csv: str) -> None:
    async with workbench(PEOPLE) as bench:
        refused = await bench.refused("plan_import", resource="prospect", csv=csv)
    assert "cannot be read as CSV" in refused
    assert refused.startswith(("line 1 ", "line 2 "))


async def test_the_stage_of_a_deal_is_the_one_that_can_be_written() -> None:
    async with workbench() as bench:
        ((stage, number),) = bench.store.rows("SELECT name, id FROM opportunityStage ORDER BY id LIMIT 1")
        csv = f"name,stage,close date,account\nDeal,{stage},2026-12-01,Acme Inc\n"
        answer = await bench.call("plan_import", resource="opportunity", csv=csv)
        assert answer["columns"]["stage"] == "opportunityStage"
        job = await bench.call("apply_plan", plan_id=answer["plan_id"])
        assert job["done"] == 1
        made = bench.store.rows("SELECT \"opportunityStage.id\" FROM opportunity WHERE name = 'Deal'")
        both = await bench.call("plan_import", resource="opportunity", csv="name,stage,opportunity stage\nDeal,x,y\n")
    assert made == [(number,)]
    assert both["columns"]["stage"] == "(read-only)"


@pytest.mark.parametrize("nothing", [None, "", "  ", [], {}])
@pytest.mark.parametrize("as_text", [False, True])
async def test_a_column_that_is_to_be_skipped_is_not_written_whatever_else_is_said(
    nothing: Any, *, as_text: bool
) -> None:
    columns: Any = {"Title": nothing}
    plan = await planned("Email,Title\nnew@x.example,CEO\n", columns=json.dumps(columns) if as_text else columns)
    assert plan["columns"] == {"Email": "emails", "Title": "(left out)"}
    assert plan["examples"] == [{"line": 2, "emails": "new@x.example"}]


async def test_a_header_to_be_skipped_that_is_misspelt_is_refused() -> None:
    async with workbench() as bench:
        message = await bench.refused(
            "plan_import", resource="prospect", csv="Email,Title\nnew@x.example,CEO\n", columns={"Titel": None}
        )
    assert message.startswith("'columns' names 'Titel', which is not a header, did you mean 'Title'?")
