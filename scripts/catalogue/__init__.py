"""Makes the catalogue from the official files; none of it is installed."""
