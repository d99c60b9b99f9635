"""Requests held against Outreach's official schema files."""
