"""The long suites of `scripts/check_long`, whose small versions are tests."""
