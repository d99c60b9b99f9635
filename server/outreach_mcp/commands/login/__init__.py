"""Logging in from a terminal: which app, the way through the browser and back, and what is said at the end."""
