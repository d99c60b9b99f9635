"""Reports what happens: to listeners, such as the metrics, and to the log."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Listener: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Receives the facts of each event: `event` is its kind (`call`, `wait`, `renewal`), the rest depend on it."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Report every event to a listener from now on; what is returned ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def is_wanted(logger: logging.Logger) -> bool:
    """Return whether anybody listens to an event; where nobody does, its facts need not be found out."""
    return bool(_listeners) or logger.isEnabledFor(logging.INFO)


def tell(logger: logging.Logger, message: str, **facts: Any) -> None:
    """Report an event: names, numbers and outcomes, never contents of records and never a token.

    Listeners are called as they are: a log record costs several times what they do.
    """
    for listener in _listeners:
        listener(facts)
    if logger.isEnabledFor(logging.INFO):
        logger.info(message, extra={"facts": facts})
