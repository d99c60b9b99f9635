"""The state that a server of many callers keeps between requests and shares with its replicas."""
