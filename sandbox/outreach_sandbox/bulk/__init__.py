"""Actions on many records at once: batches with their items, and imports."""
