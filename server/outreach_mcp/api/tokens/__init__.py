"""Access tokens: where they come from, how they are renewed, and where rotating ones are kept."""
