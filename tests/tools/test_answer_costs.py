"""The cost of answers: in o200k tokens for the model, in bytes for the network, and how good the estimate is."""

import csv
import io
import json
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from outreach_tools.engine.tokens import estimate_tokens
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_array
from outreach_tools.toolsets import all_tools
from tests.support.workbench import NOW, Workbench, organisation, workbench

O200K = bpe_openai.get_encoding("o200k_base")
LISTS = [pytest.param(tool, id=tool.name) for tool in all_tools() if tool.name.startswith("list_")]
GETS = [pytest.param(tool, id=tool.name) for tool in all_tools() if tool.name.startswith("get_") and tool.resource]
PAGING = ("returned", "has_more", "page_after")
COMPANIES = ("Acme", "Northwind Traders", "Globex Logistics", "Initech Software", "Umbrella Health Group")
PEOPLE = (
    ("Keiko", "Tanaka", "VP of Sales"),
    ("Maria", "Garcia Lopez", "Head of Revenue Operations"),
    ("Jonas", "Müller", "Chief Financial Officer"),
    ("Priya", "Raman", "Director, IT"),
    ("Sean", "O'Connor", "Procurement Manager"),
    ("Ada", "Okafor", "Engineering Lead"),
    ("Wei", "Zhang", "CTO"),
)
STRANGE = {
    "Persian": "نماینده فروش باید تا جمعه با مشتری تماس بگیرد و می‌خواهد پیش‌نویس قرارداد را ببیند",
    "Chinese": "销售代表需要在星期五之前联系客户并安排产品演示会议",
    "Japanese": "営業担当者は金曜日までにお客様に連絡してください。よろしくお願いいたします",
    "Korean": "영업 담당자는 금요일까지 고객에게 연락해야 합니다",
    "Hindi": "बिक्री प्रतिनिधि को शुक्रवार तक ग्राहक से संपर्क करना चाहिए",
    "Russian": "Менеджер по продажам должен связаться с клиентом до пятницы",
    "emoji": "🎉🚀 deal closed 👍🏽👨‍👩‍👧🇮🇷 thanks 💯✨",
    "long numbers": "+4930901820550199 4111111111111111 9007199254740993 3.14159265358979 00000000000000001",
    "identifiers": "7f3c9a52-1b0e-4c1d-9f0a-5d2e8b7c6a41 sk_test_51Hx9QeLkz2vT https://x.example/a?b=c&d=%20#frag",
    "capitals": "ACME GMBH & CO. KG – VERTRIEBSLEITUNG DACH, KEY ACCOUNT MANAGEMENT",
    "acronyms": "SVP EMEA, SDR and BDR lead (ACV, MRR, RFP, MSA); CTO of QBR GmbH",
    "phone numbers": "+49 30 901820 55, (415) 555-0199 ext. 7; fax +98 21 2345 67 89",
    "Indian names": "Lakshmi Venkataraman, Ojas Mukherjee, Charvi Bhattacharyya, Gurpreet Chowdhury",
    "Nordic names": "Eerikki Lehtonen, Guðrún Sigurðardóttir, Ingeborg Tjønneland, Öystein Kvistad",
    "Polish names": "Krzysztof Szczepański, Zbigniew Wójcik, Stanisława Paszkiewicz, Bożena Głuszek",
    "Yoruba names": "Oluwaseun Adebayo, Folasade Ogunleye, Babatunde Oyelaran, Ngozi Okonkwo",
}


def cost(text: str) -> int:
    return len(O200K.encode(text))


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def people(count: int, **attributes: Any) -> list[Record]:
    """Prospects with a value in every column that a list shows, and what they are related to."""
    owners = [
        Record("user", 1, {"firstName": "Sally", "lastName": "Smith", "email": "sally@us.example"}),
        Record("user", 2, {"firstName": "Björn", "lastName": "Andersson", "email": "bjorn@us.example"}),
    ]
    accounts = [Record("account", 4001 + n, {"name": name}) for n, name in enumerate(COMPANIES)]
    stages = [Record("stage", 1 + n, {"name": name, "order": n}) for n, name in enumerate(("New", "Approaching"))]
    return [*owners, *accounts, *stages, *(_person(n, attributes) for n in range(count))]


def _person(n: int, attributes: dict[str, Any]) -> Record:
    first, last, title = PEOPLE[n % len(PEOPLE)]
    company = n % len(COMPANIES)
    domain = COMPANIES[company].split()[0].lower()
    return Record(
        "prospect",
        20_000 + 37 * n,
        {
            "firstName": first,
            "lastName": last,
            "title": title,
            "emails": [f"{first}.{last}{n}@{domain}.example".replace(" ", "").replace("'", "").lower()],
            "touchedAt": f"2026-{1 + n % 11:02}-{1 + n % 28:02}T09:{n % 60:02}:00.000Z",
            "createdAt": f"2025-{1 + n % 12:02}-{1 + n % 28:02}T09:{n % 60:02}:00.000Z",
            **attributes,
        },
        {
            "account": Identifier("account", 4001 + company),
            "stage": Identifier("stage", 1 + n % 2),
            "owner": Identifier("user", 1 + n % 2),
        },
    )


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same values as a spreadsheet would hold them."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[";".join(map(str, cell)) if is_array(cell) else cell for cell in row] for row in rows])
    return written.getvalue()


async def text_of(bench: Workbench, tool: str, **arguments: Any) -> str:
    failed, text = await bench.outcome(tool, arguments)
    assert not failed, text
    return text


def longest(tool: Tool) -> dict[str, Any]:
    """Return the arguments for a long page, none for a tool that has no pages."""
    return {"page_size": 50} if "page_size" in tool.input_schema["properties"] else {}


async def bytes_of(store: Store, url: httpx.URL) -> int:
    """The bytes of the sandbox's answer to a GET."""
    transport = httpx.ASGITransport(build_sandbox(store, tokens={"sandbox": Access()}, clock=lambda: NOW))
    async with httpx.AsyncClient(transport=transport, headers={"Authorization": "Bearer sandbox"}) as http:
        return len((await http.get(url)).raise_for_status().content)


def short_of(text: str) -> float:
    """By which share the estimate lies under the count."""
    return 1 - estimate_tokens(text) / cost(text)


async def test_the_default_list_of_prospects_costs_at_most_1500_tokens() -> None:
    async with workbench() as bench:
        text = await text_of(bench, "list_prospects")
    assert json.loads(text)["returned"] == 25
    assert cost(text) <= 1500


async def test_prospects_with_every_column_filled_cost_at_most_a_tenth_more_than_as_csv() -> None:
    async with workbench(people(50)) as bench:
        answer = await bench.call("list_prospects", page_size=50)
    assert (len(answer["columns"]), len(answer["rows"])) == (11, 50)
    assert "empty_columns" not in answer
    payload = compact({name: value for name, value in answer.items() if name not in PAGING})
    assert cost(payload) <= 1.10 * cost(as_csv(answer["columns"], answer["rows"]))


async def test_a_typical_prospect_costs_at_most_600_tokens() -> None:
    async with workbench() as bench:
        shown = (await bench.call("list_prospects"))["rows"]
        costs = [cost(await text_of(bench, "get_prospect", prospect_id=row[0])) for row in shown]
    assert statistics.median(costs) <= 600


async def test_the_default_list_fetches_at_most_12_percent_of_the_bytes_of_the_full_page() -> None:
    async with workbench() as bench:
        await bench.call("list_prospects")
        (request,) = bench.requests
        full = [
            (name, value)
            for name, value in request.url.params.multi_items()
            if name != "include" and not name.startswith("fields[")
        ]
        sparse = await bytes_of(bench.store, request.url)
        whole = await bytes_of(bench.store, request.url.copy_with(params=full))
    assert sparse <= 0.12 * whole


async def test_a_list_of_prospects_costs_no_more_where_all_150_custom_fields_are_filled() -> None:
    customs = {f"custom{n}": f"Renewal {n}: Enterprise, EMEA" for n in range(1, 151)}
    async with workbench(people(25)) as empty, workbench(people(25, **customs)) as filled:
        assert await text_of(filled, "list_prospects") == await text_of(empty, "list_prospects")
        assert (await filled.call("get_prospect", prospect_id=20_000))["custom150"] == customs["custom150"]


@pytest.mark.parametrize("tool", LISTS)
async def test_the_estimate_of_a_list_is_never_more_than_a_tenth_under_the_count(tool: Tool) -> None:
    async with workbench() as bench:
        text = await text_of(bench, tool.name, **longest(tool))
    assert short_of(text) <= 0.10


@pytest.mark.parametrize("tool", GETS)
async def test_the_estimate_of_a_record_is_never_more_than_a_tenth_under_the_count(tool: Tool) -> None:
    (target,) = (name for name in tool.input_schema["properties"] if name.endswith("_id"))
    ids = [record.id for record in organisation() if record.type == tool.resource][:10]
    async with workbench() as bench:
        texts = [await text_of(bench, tool.name, **{target: record_id}) for record_id in ids]
    assert [text for text in texts if short_of(text) > 0.10] == []


async def test_the_estimate_of_a_write_is_never_more_than_a_tenth_under_the_count() -> None:
    attributes = {"firstName": "Zoë", "lastName": "Brandt", "emails": ["zoe.brandt@acme.example"], "custom7": "Tier 1"}
    async with workbench() as bench:
        created = await text_of(bench, "create_prospect", attributes=attributes)
        number = json.loads(created)["id"]
        texts = [
            created,
            await text_of(
                bench, "update_prospect", prospect_id=number, attributes={"title": "VP, Sales", "tags": ["q4"]}
            ),
            await text_of(bench, "create_account", attributes={"name": "Brandt & Söhne", "domain": "brandt.example"}),
            await text_of(bench, "delete_prospect", prospect_id=number),
        ]
    assert [text for text in texts if short_of(text) > 0.10] == []


@pytest.mark.parametrize("language", STRANGE)
async def test_the_estimate_of_any_writing_is_never_more_than_a_tenth_under_the_count(language: str) -> None:
    said = STRANGE[language]
    async with workbench(people(25, title=said, personalNote1=said * 5, custom3=said)) as bench:
        texts = [
            await text_of(bench, "list_prospects"),
            await text_of(bench, "list_prospects", fields=["personalNote1", "custom3"]),
            await text_of(bench, "get_prospect", prospect_id=20_000),
        ]
    assert [text for text in texts if short_of(text) > 0.10] == []


@given(st.lists(st.lists(st.integers() | st.floats(allow_nan=False) | st.sampled_from(sorted(STRANGE.values())))))
def test_the_estimate_of_rows_is_never_more_than_a_tenth_under_the_count(rows: list[list[Any]]) -> None:
    assert short_of(compact({"columns": ["id", "value"], "rows": rows})) <= 0.10


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\r", "\v", "\f", "\x1c", "\x1f", "\u00a0", "\u2003", "\u3000"])
@pytest.mark.parametrize("around", ["", "a", "1", '"', "é"])
def test_the_estimate_of_a_run_of_blanks_is_never_more_than_a_tenth_under_the_count(blank: str, around: str) -> None:
    lengths = (*range(1, 200), 399, 400, 1000, 4000)
    short = [length for length in lengths if short_of(f"{around}{blank * length}{around}") > 0.10]
    assert short == []


@example(" \r ")
@example("  \x1c ")
@given(st.text(alphabet=" \n\t\r\v\f\x1c\u00a0\u2003\u3000", min_size=1, max_size=300))
def test_the_estimate_of_mixed_blanks_is_never_more_than_a_tenth_under_the_count(blanks: str) -> None:
    assert short_of(blanks) <= 0.10


@pytest.mark.parametrize("tool", LISTS)
async def test_no_list_exceeds_a_budget_of_500_tokens(tool: Tool) -> None:
    async with workbench(max_result_tokens=500) as bench:
        assert cost(await text_of(bench, tool.name, **longest(tool))) <= 500


@pytest.mark.parametrize("tool", GETS)
async def test_no_record_exceeds_a_budget_of_500_tokens(tool: Tool) -> None:
    (target,) = (name for name in tool.input_schema["properties"] if name.endswith("_id"))
    ids = [record.id for record in organisation() if record.type == tool.resource][:5]
    async with workbench(max_result_tokens=500) as bench:
        costs = [cost(await text_of(bench, tool.name, **{target: record_id})) for record_id in ids]
    assert max(costs) <= 500
