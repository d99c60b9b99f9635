"""How a caller's Outreach account is connected, and disconnected, in their browser."""
