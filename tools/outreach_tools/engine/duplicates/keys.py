"""The keys of a record: what two records of the same person, or of the same company, have in common.

Each value is brought to one form first, so that case, accents, punctuation, legal forms, country codes and the ways to
write an address make no difference. A phone number alone does not identify a person, as colleagues share them: with it
goes a name.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.included import Included, related_value
from outreach_tools.engine.literal import fold
from outreach_tools.json_values import is_array

Key: TypeAlias = tuple[str, str]
"""The subject of a key, in the words of an answer, and the value in its one form."""

E_MAIL, LINKED_IN, NAME_COMPANY, NAME_DOMAIN, PHONE = (
    "e-mail", "LinkedIn", "name and company", "name and domain", "phone and name",
)  # fmt: skip
DOMAIN, NAME = "domain", "name"
STRENGTH = (E_MAIL, LINKED_IN, DOMAIN, NAME_DOMAIN, NAME_COMPANY, PHONE, NAME)
"""The kinds of key, that which says most first."""

READ = {
    "prospect": (
        "firstName", "lastName", "emails", "company", "account.name", "linkedInUrl", "mobilePhones", "workPhones",
        "homePhones", "otherPhones", "voipPhones",
    ),
    "account": ("name", "domain", "websiteUrl", "linkedInUrl"),
}  # fmt: skip
"""The fields that keys are made of, by type."""

_PHONES = tuple(name for name in READ["prospect"] if name.endswith("Phones"))
_SHORTEST_NUMBER = 7  # digits of a number without its country
# Country codes of one and of two digits (ITU-T E.164, D.11); all others have three.
_ONE = ("1", "7")
_TWO_DIGITS = """
    20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91
    92 93 94 95 98
"""
_TWO = frozenset(_TWO_DIGITS.split())
_AMERICAN = 11  # digits of a number there with the 1 that is dialled first
_MOST = 20  # addresses, or numbers, of one record
_LONGEST = 255  # characters of a value that are looked at
_EXTENSION = re.compile(r"(?:ext|x|;|#|,).*$", re.IGNORECASE)
_SPACED = re.compile(r"[\W_]+")
_LEGAL_FORMS = """
    ab ag aps as asa bv bvba co company corp corporation cv doo eg ev eurl gbr gmbh holding holdings inc incorporated
    international intl kft kg kgaa kk limited llc llp lp ltd ltda mbh nv ohg oy oyj plc pte pty pvt sa sarl sas se sl
    sp spa spzoo srl sro ug zoo zrt
"""
_LEGAL = frozenset(_LEGAL_FORMS.split())
_SMALL = frozenset({"and", "the", "und", "et", "y", "dr", "mr", "mrs", "ms", "prof", "herr", "frau"})
# Everybody may have an address there: they say nothing of a company.
_PROVIDERS = """
    126.com 163.com aol.com facebook.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com
    hey.com hotmail.co.uk hotmail.com hotmail.fr icloud.com instagram.com laposte.net libero.it linkedin.com live.com
    mac.com mail.com mail.ru me.com msn.com naver.com orange.fr outlook.com proton.me protonmail.com qq.com t-online.de
    twitter.com web.de x.com yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.ru ymail.com zoho.com
"""
_OF_ALL = frozenset(_PROVIDERS.split())


def keys_of(record: JsonObject, included: Included) -> frozenset[Key]:
    """Return the keys of a prospect or an account, with the related records that came along."""
    find = _of_account if record.get("type") == "account" else _of_prospect
    return frozenset(key for key in find(record, included) if key[1])


def email_form(text: str) -> str:
    """Return an e-mail address in the form that is compared; empty for what is not one."""
    address = text[:_LONGEST].strip().casefold()
    return address if 0 < address.find("@") < len(address) - 1 else ""


def domain_form(text: str) -> str:
    """Return the domain that a text names, be it one, an address of the web or of a person; empty for none."""
    plain = text[:_LONGEST].strip().casefold().rpartition("@")[2]
    try:
        host = urlsplit(plain if "//" in plain else f"//{plain}").hostname or ""
    except ValueError:
        return ""
    host = host.rstrip(".").removeprefix("www.")
    return "" if host in _OF_ALL or "." not in host else host


def phone_form(text: str) -> str:
    """Return the digits of a phone number without its country, which many leave out, and its extension.

    Empty for what has too few.
    """
    number = _EXTENSION.sub("", text[:_LONGEST].replace("(0)", "")).strip()
    digits = "".join(str(int(each)) for each in number if each.isdecimal())
    if number.startswith("+") or digits.startswith("00"):
        digits = digits.lstrip("0")
        code = 1 if digits.startswith(_ONE) else 2 if digits[:2] in _TWO else 3
        digits = digits[code:]
    elif len(digits) == _AMERICAN and digits.startswith("1"):
        digits = digits[1:]
    digits = digits.lstrip("0")
    return digits if len(digits) >= _SHORTEST_NUMBER else ""


def linked_in_form(text: str) -> str:
    """Return the part of an address of LinkedIn that names a person or a company; empty for none."""
    address = text[:_LONGEST].strip()
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        if not (parts.hostname or "").endswith("linkedin.com"):
            return ""
        kind, _, name = unquote(parts.path).strip("/").casefold().partition("/")
    except ValueError:
        return ""
    name = name.partition("/")[0]
    return f"{kind}/{name}" if kind in ("in", "pub", "company", "school", "showcase") and name else ""


@lru_cache(maxsize=8192)
def company_form(text: str) -> str:
    """Return a company's name without its legal form, in the form that is compared."""
    words = _words(text)
    kept = [word for word in words if word not in _SMALL]
    while len(kept) > 1 and kept[-1] in _LEGAL:
        kept.pop()
    return "".join(kept or words)


@lru_cache(maxsize=8192)
def person_form(text: str) -> str:
    """Return a person's name in the form that is compared: in whatever order its words stand."""
    words = _words(text)
    return " ".join(sorted([word for word in words if word not in _SMALL] or words))


def _of_prospect(record: JsonObject, included: Included) -> Iterator[Key]:
    first, last = _text(record, "firstName"), _text(record, "lastName")
    name = person_form(f"{first} {last}")
    emails = [email_form(each) for each in _texts(record, "emails")]
    yield from ((E_MAIL, each) for each in emails)
    yield LINKED_IN, linked_in_form(_text(record, "linkedInUrl"))
    if first.strip() and last.strip():
        account = related_value(record, included, "account", lambda related: value_of(related, "name"))
        companies = (company_form(each[:_LONGEST]) for each in (_text(record, "company"), account) if each)
        yield from ((NAME_COMPANY, f"{name}@{each}") for each in companies if each)
        yield from ((NAME_DOMAIN, f"{name}@{each}") for each in map(domain_form, filter(None, emails)) if each)
    named = [person_form(each) for each in (first, last)]
    for number in filter(None, (phone_form(each) for phones in _PHONES for each in _texts(record, phones))):
        # A nickname has the same last name, whoever married the same first name.
        yield from ((PHONE, f"{number}@{each}") for each in dict.fromkeys(named) if each or not any(named))


def _of_account(record: JsonObject, _: Included) -> Iterator[Key]:
    yield NAME, company_form(_text(record, "name")[:_LONGEST])
    yield from ((DOMAIN, domain_form(_text(record, each))) for each in ("domain", "websiteUrl"))
    yield LINKED_IN, linked_in_form(_text(record, "linkedInUrl"))


def _words(text: str) -> list[str]:
    # "S.A." is one word, "Smith-Jones" two.
    return _SPACED.sub(" ", fold(text[:_LONGEST]).replace(".", "").replace("'", "").replace("’", "")).split()


def _text(record: JsonObject, name: str) -> str:
    value = value_of(record, name)
    return value if isinstance(value, str) else ""


def _texts(record: JsonObject, name: str) -> Iterable[str]:
    value: Any = value_of(record, name)
    return [each for each in value[:_MOST] if isinstance(each, str)] if is_array(value) else []
