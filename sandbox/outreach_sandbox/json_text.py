"""Reads JSON as its standard has it (RFC 8259), which is stricter than Python."""

import json
from typing import Any


def read_json(text: bytes | str) -> Any:
    """Return the value of a JSON text. Raises `ValueError` for text that is not JSON, or that cannot be kept.

    Python also reads NaN and the infinities, and makes one of a number such as 1e999; no answer could hold them. A lone
    surrogate cannot be stored, and what is nested too deep cannot be read.
    """
    try:
        document: Any = json.loads(text)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    return document
