"""Files of records: in a folder of the user's, or offered to the caller as resources for a time."""
