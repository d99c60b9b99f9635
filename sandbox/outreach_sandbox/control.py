"""Sets faults of a running sandbox from outside: `/sandbox/faults`, which is not a part of the API.

`POST` takes one fault or an array of them as JSON objects with the members of `Fault`, `GET` answers those that still
wait, `DELETE` forgets them.
"""

import json
from dataclasses import asdict
from math import isinf
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from outreach_sandbox.faults import Fault, Faults
from outreach_sandbox.json_text import read_json
from outreach_sandbox.labels import CustomFields
from outreach_tools.json_values import as_object

_STATUSES = range(400, 600)


def control_faults(faults: Faults, request: Request, body: bytes) -> Response:
    """Answer one request to the control."""
    if request.method == "GET":
        return _answer(200, [_shown(fault) for fault in faults.waiting])
    if request.method == "DELETE":
        faults.clear()
        return Response(status_code=204)
    if request.method != "POST":
        return _answer(405, {"error": "use GET, POST or DELETE"})
    if (refused := _refusal(request, body)) is not None:
        return refused
    try:
        read = TypeAdapter[Fault | list[Fault]](Fault | list[Fault]).validate_json(body)
    except ValidationError as error:
        return _answer(422, {"error": json.loads(error.json(include_url=False, include_context=False))})
    added = read if isinstance(read, list) else [read]
    wrong = [fault for fault in added if fault.effect == "answer" and fault.status not in _STATUSES]
    if wrong:
        return _answer(422, {"error": f"a fault that answers needs a status from 400 to 599, not {wrong[0].status}"})
    for fault in added:
        faults.add(fault)
    return _answer(201, [_shown(fault) for fault in added])


def control_labels(fields: CustomFields, request: Request, body: bytes) -> Response:
    """Answer one request to rename a custom field: `{"type": "prospect", "field": "custom2", "label": "Role"}`."""
    if request.method != "PUT":
        return _answer(405, {"error": "use PUT"})
    if (refused := _refusal(request, body)) is not None:
        return refused
    given = as_object(json.loads(body)) or {}
    type_name, name, label = (given.get(key) for key in ("type", "field", "label"))
    if not isinstance(type_name, str) or not isinstance(name, str) or not isinstance(label, str):
        return _answer(422, {"error": "give type, field and label, each a text"})
    if not fields.rename(type_name, name, label):
        return _answer(422, {"error": f"{type_name} has no custom field {name}"})
    return Response(status_code=204)


def _refusal(request: Request, body: bytes) -> Response | None:
    """Return the refusal of what is no JSON, None where it is."""
    # A page in a browser can send a form to a loopback port, but no JSON.
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return _answer(415, {"error": "send application/json"})
    try:
        read_json(body)
    except ValueError as error:
        return _answer(422, {"error": f"the body is not JSON: {error}"})
    return None


def _shown(fault: Fault) -> dict[str, Any]:
    return {name: value for name, value in asdict(fault).items() if not (isinstance(value, float) and isinf(value))}


def _answer(status: int, content: object) -> Response:
    return Response(json.dumps(content).encode(), status, media_type="application/json")
