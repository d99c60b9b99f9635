"""The summary of a run of the suite `faults`, and how it is printed."""

from collections import Counter
from dataclasses import dataclass, field

from tests.long.unreliable import KINDS


@dataclass(slots=True)
class Figures:
    """The outcome of a run; `breaches` are sentences, each about something that must not happen."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    breaches: list[str] = field(default_factory=list[str])
    walks: int = 0
    abandoned_walks: int = 0
    rows: int = 0
    repeats_answered: int = 0
    requests: int = 0
    sent_again: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    unknown: int = 0
    unknown_that_happened: int = 0
    seconds_inside: float = 0.0


def report(figures: Figures, seconds: float, seed: int) -> None:
    """Print the figures of a run that took so many seconds."""
    print(f"{figures.calls:,} calls, {figures.requests:,} requests, {figures.sent_again:,} of them sent again")
    print(f"{seconds:.0f} s, in which {figures.seconds_inside:,.0f} s passed for the client; seed {seed}")
    print(f"\nfaults: {figures.faults.total():,}")
    for kind in KINDS:
        print(f"  {kind:32} {figures.faults[kind]:5}")
    print("\noutcomes:")
    for kind, count in figures.outcomes.most_common():
        print(f"  {kind:32} {count:5}")
    print(
        f"\nlists walked: {figures.walks} with {figures.rows:,} rows; given up by the caller: {figures.abandoned_walks}"
    )
    print(f"creates repeated and answered with the first's record: {figures.repeats_answered}")
    print(
        f"creates whose outcome remained unknown: {figures.unknown}, of which {figures.unknown_that_happened} happened"
    )
    print(f"\nbreaches: {len(figures.breaches)}")
    for breach in figures.breaches[:50]:
        print(f"  {breach}")
