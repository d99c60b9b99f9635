"""The arguments of the reports, all of them optional."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from outreach_tools.engine.arguments import MAX_PAGE_SIZE, Reference, Values
from outreach_tools.engine.arguments import Names as FieldNames
from outreach_tools.engine.reading import sort_order, whole_number

DEFAULT_PERIOD = "last_30_days"


def _word(value: Any) -> Any:
    """Read a word in any case."""
    return value.strip().casefold() if isinstance(value, str) else value


class ReportArguments(BaseModel):
    """The arguments that every report takes."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)

    period: str | None = None
    owner: Values | None = None
    team: Reference | None = None
    sort: Annotated[str | None, BeforeValidator(sort_order)] = None
    top: Annotated[int, BeforeValidator(whole_number), Field(ge=1, le=MAX_PAGE_SIZE)] | None = None
    fields: FieldNames | None = None


class SequencesArguments(ReportArguments):
    """The mail that is counted, and how it is grouped."""

    by: Annotated[Literal["sequence", "step", "variant", "owner"], BeforeValidator(_word)] = "sequence"
    sequence: Values | None = None


class ActivityArguments(ReportArguments):
    """The work that is counted, and how it is grouped."""

    by: Annotated[Literal["owner", "day", "week", "month"], BeforeValidator(_word)] = "owner"


class PipelineArguments(ReportArguments):
    """The opportunities that are added up, and how they are grouped; the period is that of their close dates."""

    by: Annotated[Literal["stage", "owner", "month", "stuck"], BeforeValidator(_word)] = "stage"


class RepliesArguments(ReportArguments):
    """The replies that are looked at, and how they are grouped."""

    by: Annotated[Literal["person", "sentiment", "owner", "age"], BeforeValidator(_word)] = "person"
    sentiment: Annotated[Literal["positive", "neutral", "negative", "unrated"] | None, BeforeValidator(_word)] = None
    sequence: Values | None = None
