"""Changes of many records: planned, seen, applied and taken back."""
