"""Identifies callers by what they send: tokens of an identity provider, and keys that the operator gave out."""
