"""The shared asynchronous client of the Outreach REST API."""
