"""Tests of what finds records that may be the same."""
