"""A name means one record or none: over hundreds of names, with namesakes, in all spellings, while records change."""

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal
from unicodedata import category, normalize

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Linkage, Record
from tests.support.workbench import Workbench, workbench
from tests.tools.naming.world import ME, one

O200K = bpe_openai.get_encoding("o200k_base")
RESOLUTIONS = 500
KINDS = {
    "account": "accounts", "callPurpose": "callPurposes", "opportunity": "opportunities", "prospect": "prospects",
    "sequence": "sequences", "stage": "stages", "template": "templates", "user": "users",
}  # fmt: skip
READ_BY = {
    "template": "get_template",
    "account": "get_account", "callPurpose": "get_call_purpose", "opportunity": "get_opportunity",
    "prospect": "get_prospect", "sequence": "get_sequence", "stage": "get_stage", "user": "get_user",
}  # fmt: skip
UPDATED_BY = {kind: tool.replace("get_", "update_") for kind, tool in READ_BY.items()}
"""The tools that change a record by its name; of each type all but its name."""

KEPT = KINDS.keys() - {"account", "prospect", "opportunity"}
"""The types whose names are kept for what only reads."""

OWN = {
    "account": "description", "callPurpose": "order", "opportunity": "description", "prospect": "title",
    "sequence": "description", "stage": "order", "template": "subject", "user": "title",
}  # fmt: skip
"""An attribute of each type that is not a name."""

BASES = (
    "Ann Lee", "Zoë Müller", "Renée O'Neil", "Straße Eins", "Ἀθηνᾶ Λόγος", "Øystein Å", "王 伟", "N. N.", "Q3 Push",
    "Renewal Sequence", "Đặng Văn Lâm", "İstanbul Ofis", "Acme Inc", "Acme", "Lee Ann", "Ann  Leigh",
)  # fmt: skip


def the_same(first: str, second: str) -> bool:
    """Return whether two names are the same, by the words of the documentation alone."""
    return _form(first) == _form(second)


def _form(name: str) -> str:
    text = normalize("NFC", " ".join(normalize("NFC", name).split()).casefold())
    while text and (text[0].isspace() or category(text[0]).startswith("P")):
        text = text[1:]
    while text and (text[-1].isspace() or category(text[-1]).startswith("P")):
        text = text[:-1]
    return text


def spelled(name: str, random: Random) -> str:
    """Return another spelling of a name: by case, Unicode form, blanks, or punctuation at its end."""
    case = random.choice((str, str.upper, str.lower, str.title))
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    form = random.choice(forms)
    end = random.choice(("", "", "", ".", "!", "?"))
    return normalize(form, case(" ".join(name.split()))) + end


@dataclass
class Changing:
    """An organisation whose records are created, renamed and deleted while they are named: by the server and others."""

    bench: Workbench
    random: Random
    names: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    number: int = 1000
    elsewhere: set[str] = field(default_factory=set[str])
    """The types in which others have changed something since their names were read."""

    def called(self, kind: str, name: str) -> list[int]:
        """Return the ids of the records that a name means."""
        return [number for (each, number), own in self.names.items() if each == kind and the_same(own, name)]

    async def change(self) -> None:
        """Create, rename or delete a record of some type."""
        kind = self.random.choice([*KINDS])
        own = [number for each, number in self.names if each == kind]
        what = self.random.choice(("create", "create", "rename", "delete"))
        name = spelled(self.random.choice(BASES), self.random)
        if self.random.random() < 0.6:
            self._change_elsewhere(kind, what, own, name)
            return
        self.elsewhere.discard(kind)  # what the server changes it reads anew
        if what == "create" or not own:
            self.number += 1
            # No two creates are alike: one that repeats another is not sent.
            attributes = {
                **one(kind, self.number, name).attributes,
                OWN[kind]: self.number if OWN[kind] == "order" else str(self.number),
            }
            number = await self._raw("POST", f"/{KINDS[kind]}", kind, None, attributes)
            self.names[kind, number] = name
            return
        number = self.random.choice(own)
        if what == "delete" and kind != "user":
            await self.bench.call("raw_http_request", method="DELETE", path=f"/{KINDS[kind]}/{number}")
            del self.names[kind, number]
            return
        attributes = {
            key: value for key, value in one(kind, 1, name).attributes.items() if key not in ("emails", "email")
        }
        await self._raw("PATCH", f"/{KINDS[kind]}/{number}", kind, number, attributes)
        self.names[kind, number] = name

    def _change_elsewhere(self, kind: str, what: str, own: list[int], name: str) -> None:
        """Change the store behind the server's back; a rename may also give two records each the name of the other."""
        store, self.number = self.bench.store, self.number + 1
        self.elsewhere.add(kind)
        if what == "create" or not own:
            store.load([one(kind, self.number, name)])
            self.names[kind, self.number] = name
            return
        number = self.random.choice(own)
        with store.transaction():
            if what == "delete" and number != 1:
                store.delete(kind, number)
                del self.names[kind, number]
                return
            other = self.random.choice(own)
            if other != number:
                swapped = self.names[kind, number], self.names[kind, other]
                self._write(kind, other, swapped[0])
                name = swapped[1]
            self._write(kind, number, name)

    def _write(self, kind: str, number: int, name: str) -> None:
        held = one(kind, number, name).attributes
        keys = ("firstName", "lastName") if kind in ("prospect", "user") else ("name",)
        self.bench.store.update(kind, number, {key: str(held[key]) for key in keys})
        self.names[kind, number] = name

    async def _raw(self, method: str, path: str, kind: str, number: int | None, attributes: dict[str, Any]) -> int:
        attributes = {key: value for key, value in attributes.items() if (kind, key) != ("user", "name")}
        data = {"type": kind, **({"id": number} if number else {}), "attributes": attributes}
        answer = await self.bench.call("raw_http_request", method=method, path=path, body={"data": data})
        found: int = answer["body"]["data"]["id"]
        return found

    async def resolve(self, kind: str, name: str, *, writing: bool) -> tuple[list[int], str]:
        """Return the ids that a name led to, none where it was refused, and what was said."""
        tool = (UPDATED_BY if writing else READ_BY)[kind]
        target = f"{tool.partition('_')[2]}_id"
        self.number += 1
        own = {OWN[kind]: self.number if OWN[kind] == "order" else str(self.number)}
        failed, text = await self.bench.outcome(tool, {target: name, **(own if writing else {"fields": ["id"]})})
        asked_for = self.bench.requests[-1].url.path.rpartition("/")[2]
        return ([] if failed else [int(asked_for)]), text


async def test_five_hundred_names_mean_their_one_record_or_are_refused() -> None:
    random = Random(14)
    guard = Guard(Policy.of(["all", "admin"]), "never")
    came: Counter[str] = Counter()
    async with workbench([ME], guard=guard) as bench:
        world = Changing(bench, random, {("user", 1): "Me Myself"})
        for _ in range(150):
            await world.change()
        for step in range(RESOLUTIONS):
            if step % 3 == 0:
                await world.change()
            kind, writing = random.choice([*KINDS]), random.random() < 0.5
            known = [own for (each, _), own in world.names.items() if each == kind]
            name = spelled(random.choice((*known, *known, *BASES, "Nobody Here")), random)
            wanted, changes = world.called(kind, name), len(bench.changes())
            found, text = await world.resolve(kind, name, writing=writing)
            told = (kind, name, wanted, writing, text)
            if not writing and kind in KEPT & world.elsewhere and len(found) == 1:
                # A namesake that others made within minutes is not seen by what only reads.
                assert {*found} <= {*wanted}, told
                came["read of what was kept"] += 1
                continue
            if kind in KEPT and (writing or len(wanted) != 1):
                world.elsewhere.discard(kind)
            assert found == (wanted if len(wanted) == 1 else []), told
            assert len(bench.changes()) == changes + (writing and len(wanted) == 1), told
            if len(wanted) != 1:
                assert len(O200K.encode(text)) <= 120, told
            if len(wanted) > 1:
                shown = {int(number) for number in re.findall(r"(?<=[:;] )\d+", text)}
                assert shown <= {*wanted}, told
                assert len(shown) == min(len(wanted), 5), told
            came[f"{'write' if writing else 'read'} {min(len(wanted), 2)}"] += 1
    assert min(came.values()) > 10, came
    assert len(came) == 7, came


async def test_a_name_and_an_account_tell_two_people_apart() -> None:
    def ann(number: int, title: str, account: int) -> Record:
        links: dict[str, Linkage] = {"account": Identifier("account", account), "owner": Identifier("user", 1)}
        attributes = one("prospect", number, "Ann Lee", title=title, emails=[f"ann@{number}.example"]).attributes
        return Record("prospect", number, attributes, links)

    acme = Record("account", 5, {"name": "Acme Inc", "domain": "acme.example"})
    globex = Record("account", 6, {"name": "Globex", "domain": "globex.example"})
    records = [ME, acme, globex, ann(10, "CEO", 5), ann(11, "CTO", 6)]
    async with workbench(records) as bench:
        refused = await bench.refused("get_prospect", prospect_id="Ann Lee")
        found = [
            (await bench.call("get_prospect", prospect_id=name, fields=["id"]))["id"]
            for name in ("ann lee @ acme inc", "Ann Lee @ ACME.example", "Ann Lee @ Globex.", "ann@11.example")
        ]
        wrong = await bench.refused("get_prospect", prospect_id="Ann Lee @ Initech")
    assert refused == (
        "'prospect_id' 'Ann Lee' is 2 prospects: 10 CEO, account Acme Inc, owner Me Myself; 11 CTO, account Globex, "
        "owner Me Myself. Give the id. Nothing was sent."
    )
    assert found == [10, 10, 11, 11]
    assert wrong.startswith("'prospect_id': no prospect is called 'Ann Lee @ Initech'.")


async def test_an_account_and_a_name_may_have_an_at_of_their_own() -> None:
    account: dict[str, Linkage] = {"account": Identifier("account", 5)}
    ann = Record("prospect", 10, one("prospect", 10, "Ann Lee").attributes, account)
    deals = [Record("opportunity", 30, {"name": "Renewal"}, account), one("opportunity", 31, "Upgrade @ Acme @ Home")]
    async with workbench([ME, one("account", 5, "Sales @ Home"), one("prospect", 11, "Ann Lee"), ann, *deals]) as bench:
        found = [
            (await bench.call("get_prospect", prospect_id="Ann Lee @ sales @ home", fields=["id"]))["id"],
            (await bench.call("get_account", account_id="sales @ Home", fields=["id"]))["id"],
            (await bench.call("get_opportunity", opportunity_id="renewal @ Sales @ Home", fields=["id"]))["id"],
            (await bench.call("get_opportunity", opportunity_id="upgrade @ acme @ home", fields=["id"]))["id"],
        ]
        bench.store.load([Record("opportunity", 32, {"name": "Upgrade @ Acme"}, {"account": Identifier("account", 6)})])
        bench.store.load([one("account", 6, "Home")])
        several = await bench.refused("get_opportunity", opportunity_id="Upgrade @ Acme @ Home")
    assert found == [10, 5, 30, 31]
    assert several.startswith("'opportunity_id' 'Upgrade @ Acme @ Home' is 2 opportunities: ")


@pytest.mark.parametrize("kind", ["sequence", "opportunity"])
async def test_a_name_with_an_at_is_found_among_more_records_than_are_read(kind: str) -> None:
    account: dict[str, Linkage] = {"account": Identifier("account", 5)}
    many = [one(kind, number, f"{kind} {number}") for number in range(1, 1002)]
    deals = [Record("opportunity", 2001, {"name": "Renewal"}, account)]
    async with workbench([ME, one("account", 5, "Home"), *many, one(kind, 2000, "Promo @ Home"), *deals]) as bench:
        tool, target = f"get_{kind}", f"{kind}_id"
        assert (await bench.call(tool, **{target: "promo @ home.", "fields": ["id"]}))["id"] == 2000
        if kind == "opportunity":
            assert (await bench.call(tool, **{target: "Renewal @ home", "fields": ["id"]}))["id"] == 2001
