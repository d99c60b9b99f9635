"""The errors of a tool that refuses before anything is sent.

ToolError
└── ArgumentError    an argument is missing, unknown or of the wrong kind
"""


class ToolError(Exception):
    """A tool cannot do what was asked; the message is for the model and says what to do instead."""


class ArgumentError(ToolError):
    """An argument is wrong: the message names it, what was given, what is allowed and the nearest match."""
