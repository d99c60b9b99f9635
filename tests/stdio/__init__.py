"""The server over stdin and stdout."""
