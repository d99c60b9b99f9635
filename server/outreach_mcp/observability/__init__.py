"""The operator's view of the server: logs, and metrics that are counted from the same events."""
