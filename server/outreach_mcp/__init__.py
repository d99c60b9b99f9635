"""The running MCP server for Outreach: transports, the API client and the sandbox."""
