"""The commands of `outreach-mcp`; `outreach_mcp.cli` reads the command line."""
