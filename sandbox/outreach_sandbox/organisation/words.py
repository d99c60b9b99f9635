"""The words of the demo organisation, read once from `words.toml`."""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its address parts; `phone` lacks the last two digits of a number reserved for fiction."""

    city: str
    state: str
    zip: str
    country: str
    code: str
    time_zone: str
    phone: str


@dataclass(frozen=True, slots=True)
class Words:
    """Names of people and companies; `trades` maps an industry to company nouns, `personas` a persona to titles."""

    first_names: list[str]
    last_names: list[str]
    company_stems: list[str]
    trades: dict[str, list[str]]
    personas: dict[str, list[str]]
    places: list[Place]


@cache
def words() -> Words:
    """Return the words."""
    text = resources.files("outreach_sandbox.organisation").joinpath("words.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    places = [Place(**place) for place in data.pop("places")]
    return Words(places=places, **data)


def plain(text: str) -> str:
    """Return a name as it stands in an address, lower-case ASCII letters and digits: `"O'Brien"` is `"obrien"`."""
    letters = unicodedata.normalize("NFKD", text.replace("&", "and")).lower()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())
