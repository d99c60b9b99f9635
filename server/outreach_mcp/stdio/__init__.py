"""MCP over stdin and stdout: one client, one message a line."""
