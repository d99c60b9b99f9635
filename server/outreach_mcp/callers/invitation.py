"""The answer to a caller whose Outreach account is not connected yet: a link, in the form that their client takes."""


class ConnectionNeededError(Exception):
    """A call needs the caller's own connection to Outreach, which is not there; `url` is where they make it.

    `reason` says in a sentence why, when there was one before.
    """

    def __init__(self, url: str, reason: str = "") -> None:
        super().__init__(url)
        self.url = url
        self.reason = reason

    @property
    def invitation(self) -> str:
        """The text that the person is shown beside the link."""
        return f"{self.reason} Connect your Outreach account to go on.".strip()
