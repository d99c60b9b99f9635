"""Why a caller is not let in."""


class CredentialError(Exception):
    """What a caller sent lets nobody in, or not any more; the message says why and repeats nothing of it."""


class LapsedCredentialError(CredentialError):
    """What a caller sent is genuine, and not good any more: nobody who guesses comes as far as this."""


class IdentityUnavailableError(Exception):
    """Nobody can say now who a caller is; the message says whose fault it is not, and that it may pass."""


class KeysFileError(Exception):
    """The file of keys cannot be used; the message is one line that names it and says why and what to do."""
