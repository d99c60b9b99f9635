"""Figures over whole selections: reading every record of one, and reckoning with what was read."""
