"""Faults on a port: what a client sees of them over a real connection."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.support.processes import line_of, started


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with started("sandbox", "--port", "0") as process:
        yield line_of(process)


def ask(url: str, fault: dict[str, Any], method: str = "GET") -> httpx.Response:
    """Set a fault, then send the request that suffers it."""
    added = httpx.post(f"{url.removesuffix('/api/v2')}/sandbox/faults", json=fault)
    assert added.status_code == 201, added.text
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/vnd.api+json"}
    body = {"data": {"type": "stage", "attributes": {"name": f"Made despite {fault['effect']}"}}}
    return httpx.request(method, f"{url}/stages", headers=headers, json=body if method == "POST" else None)


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "cut_body"])
def test_a_connection_that_ends_early_is_an_error_of_the_transport(url: str, effect: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(url, {"effect": effect})


@pytest.mark.parametrize(("effect", "made"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_is_dropped_before_or_after_the_commit(url: str, effect: str, made: bool) -> None:
    with suppress(httpx.RemoteProtocolError):
        ask(url, {"effect": effect}, method="POST")
    stages = httpx.get(f"{url}/stages", headers={"Authorization": "Bearer sandbox"}).json()["data"]
    assert (f"Made despite {effect}" in [each["attributes"]["name"] for each in stages]) is made
