"""What each command of `outreach-mcp` does; `outreach_mcp.cli` reads the command line."""
