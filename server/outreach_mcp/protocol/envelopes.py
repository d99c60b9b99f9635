"""Reads one JSON-RPC message from bytes; of one that cannot be read, says what is wrong and whose it is.

What MCP calls a message is narrower than JSON-RPC: no batches, no arrays as parameters, and an id is a string or an
integer. The SDK takes what it cannot read for a notification, or drops it; then a client waits for ever.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)
from pydantic import ValidationError

from outreach_mcp.io.json_text import JsonError, Outline, has_half_of_a_pair, read_json
from outreach_tools.json_values import is_array, is_object

_log = logging.getLogger(__name__)

_BOM = b"\xef\xbb\xbf"

Id: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are not a message, and the JSON-RPC error that answers them, without an id where none can be read."""

    code: int
    reason: str
    id: Id = None

    def answer(self) -> bytes:
        """Return the error as JSON."""
        error = {"code": self.code, "message": self.reason}
        return json.dumps({"jsonrpc": "2.0", "id": self.id, "error": error}, separators=(",", ":")).encode()

    def note(self) -> None:
        """Log the error, without contents."""
        _log.warning("answered what is not a message with %d: %s", self.code, self.reason)


def read_message(data: bytes) -> JSONRPCMessage | Unreadable | None:
    """Return the message in some bytes, None for bytes that want no answer: none at all, or a broken answer.

    An answer of which only the id can be read becomes an error with that id, so that whoever waits for it goes on.
    """
    data = without_mark(data)
    if not data or data.isspace():
        return None
    try:
        message: Any = read_json(data)
    except JsonError as error:
        return _not_json(error)
    try:
        return _message(message) if is_object(message) else _not_an_object(message)
    except ValidationError:  # what is wrong was looked for before: this is for what the SDK may come to refuse
        return Unreadable(INVALID_REQUEST, "Invalid Request: this is not a message of MCP.", _id_of(message))


def without_mark(data: bytes) -> bytes:
    """Return bytes without the mark that programs on Windows put before UTF-8."""
    return data.removeprefix(_BOM)


def too_long(outline: Outline, most_bytes: int) -> Unreadable | JSONRPCError | None:
    """Return the error for a message that is too long; as `read_message`, with what is known of it."""
    reason = f"the message is longer than {most_bytes} bytes (OUTREACH_MCP_MAX_BODY_BYTES)."
    return _unreadable(INVALID_REQUEST, f"Invalid Request: {reason}", outline.read())


def empty() -> Unreadable:
    """Return the error for no bytes where there has to be a message."""
    return Unreadable(PARSE_ERROR, "Parse error: there is no message.")


def _message(message: dict[str, Any]) -> JSONRPCMessage | Unreadable | None:
    if "method" not in message and ("result" in message or "error" in message):
        return _answer(message)
    fault = _fault(message)
    if fault:
        return Unreadable(INVALID_REQUEST, f"Invalid Request: {fault}", _id_of(message))
    if "id" in message:
        return JSONRPCRequest.model_validate(message, by_name=False)
    return JSONRPCNotification.model_validate(message, by_name=False)


def _fault(message: Mapping[str, Any]) -> str:
    """Return what is wrong with a request or a notification, nothing if it can be read."""
    if message.get("jsonrpc") != "2.0":
        return 'jsonrpc must be "2.0".'
    if "method" not in message:
        return "method is missing."
    if not isinstance(message["method"], str):
        return "method must be a string."
    if "id" in message and (isinstance(message["id"], bool) or not isinstance(message["id"], str | int)):
        return "id must be a string or an integer, written without a fraction; a notification has none."
    if message.get("params") is not None and not is_object(message["params"]):
        return "params must be an object."
    return ""


def _answer(message: Mapping[str, Any]) -> JSONRPCMessage | None:
    """Return an answer to a question of ours; it is never answered, whatever is wrong with it."""
    model, number = (JSONRPCError if "error" in message else JSONRPCResponse), _id_of(message)
    try:
        return model.model_validate({**message, "id": number}, by_name=False)
    except ValidationError:
        return _unreadable_answer(number)


def _unreadable_answer(number: Id) -> JSONRPCError | None:
    _log.warning("passed over an answer that cannot be read")
    if not isinstance(number, str | int):
        return None
    error = ErrorData(code=INVALID_REQUEST, message="the client's answer cannot be read")
    return JSONRPCError(jsonrpc="2.0", id=number, error=error)


def _not_an_object(message: object) -> Unreadable:
    if is_array(message):
        return Unreadable(INVALID_REQUEST, "Invalid Request: MCP has no batches; send each message by itself.")
    return Unreadable(INVALID_REQUEST, "Invalid Request: a message is a JSON object.")


def _not_json(error: JsonError) -> Unreadable | JSONRPCError | None:
    if error.kind in ("half", "digits", "size"):  # which JSON can spell
        return _unreadable(INVALID_REQUEST, f"Invalid Request: {error}.", error.value)
    said = "it is not JSON" if error.kind == "syntax" else error  # where, would quote what is not to be logged
    return _unreadable(PARSE_ERROR, f"Parse error: {said}.", error.value)


def _unreadable(code: int, reason: str, message: object) -> Unreadable | JSONRPCError | None:
    """Return why bytes are not a message; where a looser reading finds an id in them, the answer carries it."""
    if not is_object(message):
        return Unreadable(code, reason)
    if "method" not in message and ("result" in message or "error" in message):
        return _unreadable_answer(_id_of(message))
    return Unreadable(code, reason, _id_of(message))


def _id_of(message: Mapping[str, Any]) -> Id:
    """Return the id of what may not be a message, None where there is none that an answer could carry."""
    number = message.get("id")
    if isinstance(number, str):
        return None if has_half_of_a_pair(number) else number
    if isinstance(number, float):
        # As whoever sent it compares it: 27.0 is 27.
        return (int(number) if number.is_integer() else number) if math.isfinite(number) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
