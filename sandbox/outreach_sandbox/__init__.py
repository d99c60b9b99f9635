"""An embedded Outreach for trying and testing: an ASGI app over SQLite."""
