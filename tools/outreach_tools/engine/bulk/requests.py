"""The single request that does what a step of a plan says."""

from outreach_tools.catalog import resource_type
from outreach_tools.client import Request
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.writing import document


def request_of(step: Step) -> Request:
    """Return the single request that does what a step says."""
    resource = resource_type(step.type)
    path = f"/{resource.path}" + ("" if step.id is None else f"/{step.id}")
    if step.kind == "delete":
        return Request("DELETE", path)
    if step.kind == "action":
        return Request("POST", f"{path}/actions/{step.action}", step.parameters)
    attributes = {name: value for name, value in step.after.items() if name in resource.attributes}
    links = {name: {"data": value} for name, value in step.after.items() if name in resource.relationships}
    body = document(step.type, attributes, links, record_id=step.id)
    if step.kind != "create":
        return Request("PATCH", path, body=body)
    # Two rows of a file may be alike, and both are meant; twice in one sequence nobody is.
    return Request("POST", path, body=body, distinct=step.record is None)
