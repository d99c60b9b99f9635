"""One implementation per kind of operation."""
