"""The errors that end a login without tokens."""


class LoginFailedError(Exception):
    """Nobody is logged in; the message says why and what to do."""
