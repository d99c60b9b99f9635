"""The pictures that some tools' answers are shown as by clients that can (MCP Apps, 2026-01-26)."""
