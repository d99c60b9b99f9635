"""The requests of a list that let others go ahead."""

from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools

LIST_TASKS = next(tool for tool in all_tools() if tool.name == "list_tasks")


class ThreePages:
    """A client that answers three pages of one task each, and keeps what was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        number = len(self.requests)
        link = f"https://api.outreach.io/api/v2/tasks?page%5Bafter%5D=c{number}"
        document: JsonObject = {"data": [{"type": "task", "id": number, "attributes": {"note": "x"}}]}
        return Response(200, {**document, "links": {"next": link}} if number < 3 else document)

    async def current_user_id(self) -> int:
        return 1


async def backgrounds(arguments: JsonObject) -> list[bool]:
    client = ThreePages()
    await LIST_TASKS.run(Context(client), arguments)
    return [request.background for request in client.requests]


async def test_the_pages_after_the_first_of_a_filter_applied_here_go_in_the_background() -> None:
    assert await backgrounds({"filters": [{"field": "note", "criteria": "null"}]}) == [False, True, True]


async def test_the_pages_of_a_plain_list_do_not() -> None:
    assert await backgrounds({}) == [False, False, False]
