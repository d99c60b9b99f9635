"""A process that is killed while it makes a sequence, or while it takes one back: the next one says what it left."""

import json
from functools import partial

import anyio
import anyio.to_thread

from outreach_mcp.http.shutdown import Ending
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.faults import Fault, Faults
from outreach_sandbox.store import Store
from outreach_sandbox.transport import on_a_port
from tests.stdio.pipes import Held
from tests.support.processes import COMMAND, SECONDS, environment, run
from tests.support.serving import running
from tests.support.stores import sandbox_store
from tests.tools.test_build_sequence import FIVE_TOUCHES, RECORDS


def left(store: Store) -> tuple[list[str], list[int]]:
    """Return the names of the sequences and the ids of the templates."""
    names = [name for (name,) in store.rows('SELECT name FROM "sequence"')]
    return names, [number for (number,) in store.rows('SELECT id FROM "template" ORDER BY id')]


async def killed_at(store: Store, faults: Faults, *then: tuple[str, dict[str, object]]) -> list[tuple[int, str]]:
    """Build a sequence until a fault holds a request, kill the process, and make the calls of new processes.

    Return exit code and what was written of each call.
    """
    held = Held()
    app = build_sandbox(store, faults=faults, sleep=held.hold)
    async with running(on_a_port(app), Ending()) as outreach:
        environ = {"OUTREACH_ACCESS_TOKEN": "sandbox", "OUTREACH_API_URL": f"{outreach.url}/api/v2"}
        first = [*COMMAND, "call", "build_sequence", json.dumps(FIVE_TOUCHES)]
        with anyio.fail_after(SECONDS):
            async with await anyio.open_process(first, env=environment(**environ)) as process:
                await held.came.wait()
                process.kill()
                await process.wait()
        held.released.set()
        ends: list[tuple[int, str]] = []
        for tool, arguments in then:
            call = partial(run, "call", tool, json.dumps(arguments), environ=environ)
            done = await anyio.to_thread.run_sync(call)
            ends.append((done.returncode, done.stdout + done.stderr))
    return ends


async def test_the_next_call_tells_what_a_killed_process_left_and_how_to_be_rid_of_it() -> None:
    store, faults = sandbox_store(RECORDS), Faults()
    faults.add(Fault(effect="hang", method="POST", path="/sequenceTemplates"))
    build = ("build_sequence", FIVE_TOUCHES)
    refused, removed, built = await killed_at(store, faults, build, ("delete_sequence", {"sequence_id": 1}), build)
    assert refused[0] == 1
    assert (
        "it left the sequence 'Renewals (being built)' (1), which is not active, and its templates (1, 2)" in refused[1]
    )
    assert (removed[0], built[0]) == (0, 0)
    assert "templates of the same names were there before (1, 2)" in built[1]
    assert left(store) == (["Renewals"], [1, 2, 3, 4, 5])
    store.close()


async def test_the_next_call_tells_of_templates_that_a_process_left_that_was_killed_while_it_took_them_back() -> None:
    store, faults = sandbox_store(RECORDS), Faults()
    faults.add(Fault(status=422, method="POST", path="/sequenceTemplates"))
    faults.add(Fault(effect="hang", method="DELETE", path="/templates"))
    (built,) = await killed_at(store, faults, ("build_sequence", FIVE_TOUCHES))
    assert built[0] == 0
    assert "templates of the same names were there before (1" in built[1]
    assert left(store)[0] == ["Renewals"]
    store.close()
