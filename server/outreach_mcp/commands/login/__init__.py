"""Logs in from a terminal: finds the app, leads through the browser and back, and reports at the end."""
