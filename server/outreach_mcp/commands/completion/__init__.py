"""`outreach-mcp completion`: what makes a shell complete our commands, flags and names."""
