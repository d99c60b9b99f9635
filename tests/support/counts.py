"""How much of a walk the suite takes: a part, whose claim is the same; `scripts/check_long counts` takes all of it."""

import os
from typing import TypeVar

Count = TypeVar("Count")

VARIABLE = "TESTS_AT_LENGTH"
AT_LENGTH = os.environ.get(VARIABLE) == "1"


def few_or_many(few: Count, many: Count) -> Count:
    """Return how much is taken: `few` in the suite, `many` in the long run."""
    return many if AT_LENGTH else few
