"""The link from a page of a list to the next."""

from typing import Any

from outreach_tools.json_values import is_object, member


def next_link(body: Any) -> str | None:
    """Return the link to the page after `body`, None on the last; JSON:API allows a string or `{"href": …}`.

    The last page has no such link, and an empty list has no links at all (recorded).
    """
    link = member(body, "links", "next")
    if is_object(link):
        link = link.get("href")
    return link if isinstance(link, str) and link else None
