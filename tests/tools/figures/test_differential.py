"""Random summaries are what SQL over the sandbox's own database comes to; `scripts/check_long summaries` has 3,000."""

from tests.tools.figures.differential import KINDS, walk


async def test_random_summaries_are_what_sql_comes_to() -> None:
    walked = await walk(3, 50, "Australia/Lord_Howe")
    assert walked.problems == []
    assert 12 <= len(walked.kinds) <= len(KINDS)
    assert walked.partial  # some were stopped, and went on
    assert walked.failed
