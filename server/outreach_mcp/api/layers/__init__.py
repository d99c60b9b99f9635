"""The layers that a call passes on its way to Outreach; `call` says which lie above which."""
