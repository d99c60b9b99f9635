"""The pages of records in Outreach's web application, for people to open; its host differs among customers."""

from collections.abc import Mapping
from typing import Final

from outreach_tools.engine.tool import Context

_PATHS: Final[Mapping[str, str]] = {
    "account": "accounts",
    "opportunity": "opportunities",
    "prospect": "prospects",
    "sequence": "sequences",
    "template": "templates",
}
"""The types whose records have a page of their own, with its path. None of them has an attribute `url`."""


def page_of(context: Context, kind: str, record_id: object) -> str:
    """Return the address of a record's page; empty where the type has none, or the application's address is not known.

    With `{id}` for the id it is a template for the rows of a list.
    """
    path = _PATHS.get(kind)
    return f"{context.web}/{path}/{record_id}" if context.web and path and record_id is not None else ""
