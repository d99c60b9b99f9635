"""HTML as the text that its reader sees: in time that grows with its length and not faster.

Written by hand because what lays HTML out for print takes its measures from the HTML: a hundred paragraphs with
`padding-left:100000em`, 3 KB, kept inscriptis busy for minutes. Here nothing is measured: blocks are lines, cells stand
beside each other. The patterns never go back (`++`, `*+`), and what never ends, such as a tag without `>`, ends the
document, as it does in a browser (HTML Standard, 13.2.5).
"""

import re
from html import unescape

from outreach_tools.engine.html_page import Page
from outreach_tools.engine.unseen import without_unseen

MOST_HTML = 262_144
"""Characters of one HTML body that are read; a long mail has a tenth of them."""

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])))*+)>")
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>)", re.DOTALL)
_BOGUS = re.compile(r"<(?:[!?]|/[^a-zA-Z])[^>]*+>|</>")
_LETTER = re.compile(r"</?[a-zA-Z]")
_ATTRIBUTE = re.compile(r"([^\s\"'>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+)))?+")
# Inline pictures take most of the room in mails that are too long.
_DATA = re.compile(r"data:[^\"'>\s]{256,}+")
_LONGEST_TAG = 2_000
_MOST_WITH_PICTURES = 16 * MOST_HTML
# html.unescape reads the number, which Python refuses of more than 4,300 digits.
_ENDLESS_NUMBER = re.compile(r"&#[xX]?+[0-9a-fA-F]{10,}+;?+")

# Elements in which there are no tags, each with what ends it.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "iframe", "noembed", "noframes", "xmp", "textarea")
}


def html_to_text(html: str, most: int = MOST_HTML) -> str:
    """Turn an HTML body into the text a reader sees, cleaned: without scripts, comments and what styles hide.

    No more than `most` characters of it are read; where there are more, the text ends by saying so.
    """
    whole = len(html)
    if whole > most:
        html = _DATA.sub("", html[:_MOST_WITH_PICTURES])
    left_out = whole - most if len(html) > most or whole > _MOST_WITH_PICTURES else 0
    if not left_out:
        return _read(html)
    return f"{_read(_whole_tags(html[:most]))}… (+{left_out:,} characters of HTML not read)"


def _whole_tags(html: str) -> str:
    """Return HTML that was cut without the beginning of a tag at its end."""
    tag = html.rfind("<", max(len(html) - _LONGEST_TAG, 0))
    return html if tag < 0 or ">" in html[tag:] else html[:tag]


def _read(html: str) -> str:
    page = Page()
    place, size = 0, len(html)
    while place < size:
        tag = html.find("<", place)
        if tag < 0:
            page.write(unescaped(html[place:]))
            break
        if tag > place:
            page.write(unescaped(html[place:tag]))
        place = _after(html, tag, page)
    lines = (line.rstrip() for line in without_unseen(page.text()).split("\n"))
    return "\n".join(line for line in lines if line)


def _after(html: str, place: int, page: Page) -> int:
    """Read what begins with `<` at a place, and return where it ends."""
    if not _LETTER.match(html, place):
        if html.startswith("<!--", place):
            comment = _COMMENT.match(html, place)
            return comment.end() if comment else len(html)
        if html.startswith(("<!", "<?", "</"), place):
            bogus = _BOGUS.match(html, place)
            return bogus.end() if bogus else len(html)
        page.write("<")
        return place + 1
    found = _TAG.match(html, place)
    if found is None:
        return len(html)
    name = found[2].lower()
    if found[1]:
        page.close(name)
        return found.end()
    page.open(name, _attributes(found[3]))
    if name == "plaintext":
        page.write(html[found.end() :])
        return len(html)
    return _after_raw(html, found.end(), name, page) if name in _RAW else found.end()


def _after_raw(html: str, place: int, name: str, page: Page) -> int:
    """Pass over an element in which there are no tags, and return where its end tag begins."""
    end = _RAW[name].search(html, place)
    stop = end.start() if end else len(html)
    if name == "textarea":
        page.write(unescaped(html[place:stop]))
    elif name == "xmp":
        page.write(html[place:stop])
    return stop


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag that say whether it is seen; of two of a name the first one counts."""
    lowered = text.lower()
    if "style" not in lowered and "hidden" not in lowered:
        return {}
    found: dict[str, str] = {}
    for each in _ATTRIBUTE.finditer(text):
        name = each[1].lower()
        if name in ("style", "hidden"):
            found.setdefault(name, unescaped(each[2] or each[3] or each[4] or ""))
    return found


def unescaped(text: str) -> str:
    """Return a text with its character references read."""
    return unescape(_ENDLESS_NUMBER.sub("\ufffd", text)) if "&" in text else text
