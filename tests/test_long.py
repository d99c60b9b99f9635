"""Small versions of the suites of `scripts/check_long`."""

import subprocess
import sys

from tests.support.processes import ROOT, SECONDS


def check_long(*arguments: str) -> tuple[int, str]:
    """Run the script; return its exit code and what it found wrong."""
    command = [sys.executable, "scripts/check_long", *arguments]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)
    return found.returncode, found.stdout[found.stdout.find("breaches:") :].strip()


def test_hundreds_of_calls_through_faults_lose_and_double_nothing() -> None:
    assert check_long("faults", "--calls", "400", "--seed", "1") == (0, "breaches: 0")


def test_processes_share_the_renewals_of_short_lived_tokens() -> None:
    arguments = ("--processes", "2", "--at-once", "10", "--seconds", "3", "--kills", "0")
    assert check_long("tokens", *arguments) == (0, "breaches: 0")


def test_a_process_killed_during_a_renewal_leaves_the_token_or_word_of_its_loss() -> None:
    assert check_long("tokens", "--processes", "0", "--kills", "1", "--seed", "4") == (0, "breaches: 0")


def test_odd_input_everywhere_breaks_and_changes_nothing() -> None:
    assert check_long("attack", "--inputs", "20000", "--questions", "0") == (0, "breaches: 0")


def test_an_export_takes_little_memory() -> None:
    assert check_long("files", "--records", "1500", "--only", "xlsx") == (0, "breaches: 0")


def test_random_summaries_are_what_sql_comes_to() -> None:
    assert check_long("summaries", "--cases", "5") == (0, "breaches: 0")
