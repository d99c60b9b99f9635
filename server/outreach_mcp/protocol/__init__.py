"""The tools as an MCP server: what a client is told and asked, and each call of it."""
