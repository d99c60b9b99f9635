"""Tests of the catalogue: what it holds, how it is made and how it is loaded."""
