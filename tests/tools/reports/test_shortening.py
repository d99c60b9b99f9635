"""Names of groups that are cut: to their beginning, and to what tells them apart."""

from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.reports.shortening import short_names

STEPS = (
    "Outbound: Field Service Leaders, Step #1 (Auto email)",
    "Outbound: Field Service Leaders, Step #4 (Manual email)",
    "Renewal Check-in, Step #1 (Manual email) (639)",
    "Renewal Check-in, Step #1 (Manual email) (635)",
    "Welcome Sequence, Step #1 (Auto email)",
    "Welcome Sequence for everybody who is new, Step #1",
)


def test_what_tells_steps_apart_stays() -> None:
    assert [*short_names(STEPS, 24).values()] == [
        "Outbound: Field… #1…",
        "Outbound: Field… #4…",
        "Renewal Check-in,… (639)",
        "Renewal Check-in,… (635)",
        "Welcome Sequence, Step…",
        "Welcome Sequence for…",
    ]


def test_names_that_are_short_enough_stay_as_they_are() -> None:
    assert short_names(STEPS, 60) == {name: name for name in STEPS}
    assert short_names(["Jane Roe", "Jane Roe"], 20) == {"Jane Roe": "Jane Roe"}


def test_what_is_written_without_blanks_is_cut_as_well() -> None:
    one, other = "株式会社" * 20, "株式会社" * 20 + "あ"
    assert short_names([one, other], 20) == {one: "株式会社" * 2 + "…", other: "株式会社" * 2 + "…あ"}


@given(
    st.lists(
        st.lists(st.sampled_from(["Renewal", "Step", "#1", "#2", "(B)", "…", "x" * 40, "あ" * 30]), min_size=1).map(
            " ".join
        )
        | st.text(max_size=80)
    ),
    st.integers(1, 60),
)
def test_no_two_names_become_one_and_none_becomes_longer(names: list[str], limit: int) -> None:
    short = short_names(names, limit)
    assert short.keys() == set(names)
    assert len(set(short.values())) == len(short)
    assert all(len(each) <= len(name) for name, each in short.items())
    assert all(each == name for name, each in short.items() if 2 * len(name) <= limit)
