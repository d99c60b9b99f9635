"""What an operator sees of the server: logs, and metrics that are counted from the same events."""
