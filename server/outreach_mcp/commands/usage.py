"""The refusal of a command."""


class UsageError(Exception):
    """A command cannot run as it was asked to; the message is one line that says why and what to do."""
