"""Figures over whole selections."""
