"""Fixtures of the tests of connecting."""

from tests.chromium import browser, chromium

__all__ = ["browser", "chromium"]
