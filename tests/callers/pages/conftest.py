"""Fixtures of the tests of connecting."""

from tests.support.chromium import browser, chromium

__all__ = ["browser", "chromium"]
