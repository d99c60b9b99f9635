"""Suite `summaries`: random summaries of every kind of record, held against SQL over the sandbox's own database.

Requests fail, pages are small, and records outside of each selection come and go while it is read. In every fifty
summaries the organisation is made odd anew, and the time zone is another.
"""

import argparse
import sys
import time
from collections import Counter

import anyio

from tests.tools.figures.differential import walk

_OF_ONE = 50  # summaries of one organisation
_MOST_SHOWN = 50


def main(arguments: list[str]) -> int:
    """Run the suite, print its figures, and return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="check_long summaries", description=__doc__)
    parser.add_argument("--cases", type=int, default=3_000, help="summaries (3000)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (1)")
    given = parser.parse_args(arguments)
    begun, told, kinds = time.perf_counter(), Counter[str](), set[str]()
    breaches: list[str] = []
    for number in range(0, given.cases, _OF_ONE):
        cases = min(_OF_ONE, given.cases - number)
        walked = anyio.run(walk, given.seed * 1_000_000 + number, cases)
        breaches += walked.problems
        kinds |= walked.kinds
        told.update(summaries=cases, calls=walked.calls, failed=walked.failed, partial=walked.partial)
    print(f"{time.perf_counter() - begun:.0f} s; seed {given.seed}; {len(kinds)} types of record")
    print(
        f"{told['summaries']:,} summaries in {told['calls']:,} calls: {told['failed']:,} failed, "
        f"{told['partial']:,} in part"
    )
    print(f"\nbreaches: {len(breaches)}")
    for breach in breaches[:_MOST_SHOWN]:
        print(f"  {breach}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
