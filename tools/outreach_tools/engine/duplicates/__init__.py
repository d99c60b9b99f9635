"""Records that may be the same person or company twice: found by what identifies them, and shown by what differs."""
