"""One setting as it is declared: the variable and the flag that give it, and its description everywhere."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel

if TYPE_CHECKING:
    Section: TypeAlias = BaseModel
else:

    class Section:
        """Some of the settings: fields for one model of all of them, which has them from here.

        A model of each section beside that one would double the time that the settings take at the start.
        """


Group = Literal["connection", "api", "policy", "confirmation", "serving", "data"]
"""Flags that commands take together; which command takes which is for its grammar to say."""

Way = Literal["access token", "refresh token", "server-to-server", "login"]
"""A way to an Outreach account; `login` is what `outreach-mcp login` left behind, and needs nothing in the environment.
"""

SWITCH = "1, true, yes, on or 0, false, no, off"
"""The values of a setting that is on or off."""


@dataclass(frozen=True, slots=True)
class Flag:
    """The flag that gives a setting; without a `metavar` it is a switch, which takes no value."""

    group: Group
    name: str
    metavar: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one setting is given, and its description; it is in the annotation of its field.

    `help` is the line of its flag and of its row in the documents, in Markdown; `more` is what the row says beyond
    that, with the punctuation that joins the two. `allowed` is what a wrong value is answered with. `unset` says what
    holds without it, where the default does not say so itself. What is `hidden`, a secret, is never repeated, and has
    no flag: every user of a machine can see its command lines. Of credentials, what `opens` a way says by itself that
    this way is meant, and what `completes` one is needed beside that, but may stay where it is beside another way.
    """

    variable: str
    help: str
    allowed: str
    more: str = ""
    unset: str = ""
    flag: Flag | None = None
    hidden: bool = False
    opens: Way | None = None
    completes: Way | None = None

    def __post_init__(self) -> None:
        """Raise `TypeError` for a secret that has a flag."""
        if self.hidden and self.flag is not None:
            raise TypeError(f"{self.variable} is a secret, and command lines are not secret: it cannot have a flag")


def declared_in(model: type[BaseModel]) -> dict[str, Setting]:
    """Return what every field of a model declares, in their order; raises `TypeError` for one that declares nothing."""
    found: dict[str, Setting] = {}
    for name, field in model.model_fields.items():
        setting = next((each for each in field.metadata if isinstance(each, Setting)), None)
        if setting is None:
            raise TypeError(f"{model.__name__}.{name} declares no Setting")
        found[name] = setting
    return found


def without(setting: Setting, default: object) -> str:
    """Return what holds where a setting is not given, in Markdown; empty where that is nothing."""
    if setting.unset or default is None or default == ():
        return setting.unset
    if isinstance(default, bool):
        return "on" if default else "off"
    return str(default) if isinstance(default, int) else f"`{default}`"
