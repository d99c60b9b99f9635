"""The reasons for which a caller is refused."""


class CredentialError(Exception):
    """A credential that is not accepted, or no longer; the message says why and repeats nothing of it."""


class LapsedCredentialError(CredentialError):
    """A credential that is genuine but no longer good: nobody who guesses gets this far."""


class IdentityUnavailableError(Exception):
    """A caller cannot be identified at the moment; the message says whose fault it is not, and that it may pass."""


class KeysFileError(Exception):
    """The file of keys cannot be used; the message is one line that names it and says why and what to do."""
