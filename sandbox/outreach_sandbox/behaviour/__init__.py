"""The behaviour of particular types beyond being stored, and their actions."""
