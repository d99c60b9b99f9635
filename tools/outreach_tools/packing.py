"""JSON packed into few bytes, to be kept in memory or in a store: the values of many records are much alike."""

import json
import zlib
from typing import Any


def packed(value: Any) -> bytes:
    """Return JSON as few bytes."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def unpacked(value: bytes) -> Any:
    """Return the JSON that `packed` packed. Raises `ValueError` for anything else."""
    try:
        return json.loads(zlib.decompress(value))
    except zlib.error as error:
        raise ValueError("these bytes hold nothing that was packed") from error
