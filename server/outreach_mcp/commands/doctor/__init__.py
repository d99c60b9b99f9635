"""`outreach-mcp doctor`: finds out why the server does not work, one check after the other."""
