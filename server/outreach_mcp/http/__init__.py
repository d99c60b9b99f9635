"""The MCP server over HTTP: streamable HTTP, SSE, and what stands before them."""
