"""What an operator sees of the server: logs and metrics, both made of the same log records.

A record that tells of an event carries its facts in `facts`: `event` is its kind (`call`, `wait`, `renewal`), the rest
are names, numbers and outcomes, never contents of records and never a token.
"""
