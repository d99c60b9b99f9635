"""A page as it is read: which elements are open, which of them are seen, and the lines of text so far."""

import re
from dataclasses import dataclass, field

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "legend", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "option", "p", "plaintext",
    "pre", "search", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "xmp",
})  # fmt: skip
_NO_PARAGRAPHS = _BLOCKS - {"caption", "legend", "option", "optgroup", "tbody", "tfoot", "thead", "tr"}
_AS_WRITTEN = frozenset({"pre", "listing", "plaintext", "xmp", "textarea"})
_NEVER_SEEN = frozenset({"template", "datalist"})
_CELLS = frozenset({"td", "th", "caption"})
_SECTIONS = frozenset({"tbody", "thead", "tfoot"})
_TABLE = _CELLS | _SECTIONS | {"tr", "table"}
_ENDED_BY = {
    "li": frozenset({"li"}),
    "dd": frozenset({"dd", "dt"}),
    "dt": frozenset({"dd", "dt"}),
    "option": frozenset({"option"}),
    "td": frozenset({"td", "th", "caption"}),
    "th": frozenset({"td", "th", "caption"}),
    "tr": frozenset({"tr", "caption"}),
    **dict.fromkeys(_SECTIONS, _SECTIONS | {"caption"}),
}
"""Elements that the start of another ends, as far up as the nearest list or table."""

_LISTS = frozenset({"ul", "ol", "menu", "dl", "select", "table"})
_FAR = 64  # elements up to which one is looked for that has no end tag of its own
_NUMBER = re.compile(r"([0-9.]++)[a-z%]*+")


@dataclass(frozen=True, slots=True)
class _Sight:
    """Whether text is seen. An element within may become visible or large again, what is not shown stays so."""

    shown: bool = True
    visible: bool = True
    large: bool = True

    @property
    def seen(self) -> bool:
        return self.shown and self.visible and self.large


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element, and what held around it."""

    name: str
    around: _Sight


@dataclass(slots=True)
class _Scope:
    """How many elements are open by name within a table or a cell, whose end tags are not those of others around it."""

    start: int
    names: dict[str, int] = field(default_factory=dict[str, int])


class Page:
    """Takes tags and text one after the other, and gives the text that is seen."""

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._scopes = [_Scope(0)]
        self._sight = _Sight()
        self._as_written = 0
        self._lists: list[int | None] = []
        self._out: list[str] = []
        self._gap = ""
        self._mark = ""
        self._fresh = True

    def text(self) -> str:
        """Return what was seen so far."""
        return "".join(self._out)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Take a start tag with those of its attributes that say whether it is seen."""
        if name in _NO_PARAGRAPHS and "p" in self._scopes[-1].names:
            self._pop_to("p")
        if name in _ENDED_BY:
            self._end(name, _ENDED_BY[name])
        if name in _BLOCKS or name == "br":
            self._new_line()
        if name in _VOID:
            return
        around, self._sight = self._sight, _sight(self._sight, name, attributes)
        if name == "li" and self._sight.seen:
            self._mark = self._next_mark()
        elif name in _CELLS and not self._fresh:
            self._gap = "  "
        self._push(_Element(name, around))

    def close(self, name: str) -> None:
        """Take an end tag; one of an element that is not open, or open outside of the cell, means nothing."""
        while name not in self._scopes[-1].names:
            within = self._open[self._scopes[-1].start - 1].name if len(self._scopes) > 1 else ""
            if within == name:
                return self._pop_scope()
            # The end of a row or a table ends the cell in which it stands; any other means nothing outside of it.
            if within not in _CELLS or name not in _TABLE or not self._has_around(name):
                return None
            self._pop_scope()
        return self._pop_to(name)

    def write(self, text: str) -> None:
        """Take text; blanks in a row are one, except where they are meant as written."""
        if not self._sight.seen:
            return
        if self._as_written:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._new_line()
                if line.strip():
                    self._put(line.rstrip())
            return
        words = " ".join(text.split())
        if not words:
            self._gap = self._gap or " "
            return
        if text[0].isspace():
            self._gap = self._gap or " "
        self._put(words)
        self._gap = " " if text[-1].isspace() else ""

    def _put(self, text: str) -> None:
        if self._fresh:
            self._out.append(self._mark)
            self._mark = ""
        else:
            self._out.append(self._gap)
        self._out.append(text)
        self._gap, self._fresh = "", False

    def _new_line(self) -> None:
        if not self._fresh:
            self._out.append("\n")
        self._gap, self._fresh = "", True

    def _next_mark(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "* "
        number = self._lists[-1] + 1
        self._lists[-1] = number
        return f"{number}. "

    def _push(self, element: _Element) -> None:
        self._open.append(element)
        if element.name in _AS_WRITTEN:
            self._as_written += 1
        if element.name in ("ul", "ol", "menu"):
            self._lists.append(0 if element.name == "ol" else None)
        names = self._scopes[-1].names
        names[element.name] = names.get(element.name, 0) + 1
        if element.name in _CELLS or element.name == "table":
            self._scopes.append(_Scope(len(self._open)))

    def _pop(self) -> str:
        element = self._open.pop()
        name = element.name
        if name in _CELLS or name == "table":
            self._scopes.pop()
        names = self._scopes[-1].names
        names[name] -= 1
        if not names[name]:
            del names[name]
        if name in _AS_WRITTEN:
            self._as_written -= 1
        if name in ("ul", "ol", "menu"):
            self._lists.pop()
        if name in _BLOCKS:
            self._new_line()
        self._sight = element.around
        return name

    def _pop_to(self, name: str) -> None:
        """Close open elements up to the nearest of a name, which is open in this scope."""
        while self._pop() != name:
            pass

    def _pop_scope(self) -> None:
        """Close the cell or table that the last scope is of."""
        start = self._scopes[-1].start
        while len(self._open) >= start:
            self._pop()

    def _has_around(self, name: str) -> bool:
        """Return whether an element of a name is open in the table around a cell, or is the cell or that table."""
        around = self._scopes[-2]
        return name in around.names or (len(self._scopes) > 2 and self._open[around.start - 1].name == "table" == name)

    def _end(self, name: str, ended: frozenset[str]) -> None:
        """Close the element that the start of another ends, if it is near."""
        limits = frozenset({"table"}) if name in _TABLE else _LISTS | _CELLS
        for depth, element in enumerate(reversed(self._open[-_FAR:]), 1):
            if element.name in ended:
                for _ in range(depth):
                    self._pop()
                return
            if element.name in limits:
                return


def _sight(around: _Sight, name: str, attributes: dict[str, str]) -> _Sight:
    """Return whether an element is seen, by its name, its attributes and what it stands in."""
    if not attributes and name not in _NEVER_SEEN:
        return around
    shown = around.shown and "hidden" not in attributes and name not in _NEVER_SEEN
    visible, large = around.visible, around.large
    for declaration in attributes.get("style", "").lower().split(";"):
        key, _, given = declaration.partition(":")
        value = given.replace("!important", "").strip()
        match key.strip():
            case "display":
                shown = shown and value != "none"
            case "mso-hide":
                shown = shown and value != "all"
            case "opacity":
                shown = shown and not _is_zero(value)
            case "visibility":
                visible = value not in ("hidden", "collapse")
            case "font-size":
                # A share of nothing is nothing.
                relative = value.endswith(("em", "%")) and not value.endswith("rem")
                large = not _is_zero(value) and (large or not relative)
            case _:
                pass
    return _Sight(shown, visible, large)


def _is_zero(value: str) -> bool:
    """Return whether a CSS value is a number of zero, with or without a unit."""
    number = _NUMBER.fullmatch(value)
    return number is not None and "0" in number[1] and not number[1].strip("0.")
