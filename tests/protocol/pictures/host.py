"""A small host of MCP Apps in a real browser, on a real client of our server: what Claude or VS Code are to people.

The view runs in a sandbox of another origin under the policy that the specification gives a document without domains of
its own. Whatever it would ask of the network is noted and refused.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp_types import CallToolResult, TextResourceContents
from playwright.async_api import Browser, ConsoleMessage, Error, Frame, Page, Route

from outreach_mcp.protocol.pictures.documents import PICTURES
from tests.support.processes import SECONDS
from tests.support.workbench import Workbench

Theme = Literal["light", "dark"]

HOST, VIEW = "https://host.example/", "https://view.example/"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'none'; frame-src 'none'; base-uri 'self'; object-src 'none'"
)
_WRAPPED = "<!DOCTYPE html><html><head><meta charset=utf-8></head><body>{}</body></html>"
_PAGE = """<!doctype html><html lang="en"><title>A host</title>
<style>body { margin: 0 } iframe { border: 0; width: 100%; height: 40px; display: block }</style>
<iframe title="picture" sandbox="allow-scripts" src="https://view.example/"></iframe>
<script>
const frame = document.querySelector("iframe"), seen = window.seen = { methods: [], sizes: [], told: [] };
let shown; const given = new Promise((resolve) => { window.show = resolve; });
const post = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
window.change = (context) => post({ method: "ui/notifications/host-context-changed", params: context });
window.addEventListener("message", async ({ source, data }) => {
  if (source !== frame.contentWindow) return;
  seen.methods.push(data.method ?? "answer");
  const answer = (result) => post({ id: data.id, result });
  if (data.method === "ui/initialize") {
    const { context, capabilities } = await given;
    const hostInfo = { name: "tests", version: "1" };
    answer({ protocolVersion: "2026-01-26", hostInfo, hostCapabilities: capabilities, hostContext: context });
  } else if (data.method === "ui/notifications/initialized") {
    const { input, result } = await given;
    post({ method: "ui/notifications/tool-input", params: { arguments: input } });
    post({ method: "ui/notifications/tool-result", params: result });
  } else if (data.method === "ui/notifications/size-changed") {
    seen.sizes.push(data.params);
    frame.style.height = `${data.params.height}px`;
  } else if (data.method === "ui/update-model-context") {
    seen.told.push(data.params); answer({});
  } else if (data.method === "tools/call") {
    try { answer(await window.callTool(data.params)); }
    catch (error) { post({ id: data.id, error: { code: -32000, message: String(error) } }); }
  }
});
</script>"""


@dataclass(slots=True)
class Shown:
    """A picture that a host shows: what it asked of tools and the network, and what it complained of."""

    page: Page
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    losing: bool = False
    """Whether answers of calls are lost on their way back; the calls are made."""

    @property
    def view(self) -> Frame:
        """The document of the picture."""
        return next(frame for frame in self.page.frames if frame.url.startswith(VIEW))

    async def seen(self) -> dict[str, Any]:
        """Return what the host was told."""
        told: dict[str, Any] = await self.page.evaluate("window.seen")
        return told

    async def text(self) -> str:
        """Return all that the picture says."""
        return await self.view.inner_text("body")


@asynccontextmanager
async def shown(
    browser: Browser,
    bench: Workbench,
    tool: str,
    given: dict[str, Any],
    *,
    theme: Theme = "light",
    width: int = 720,
    calls_tools: bool = True,
    wrapped: bool = False,
    result: CallToolResult | None = None,
    **options: Any,
) -> AsyncGenerator[Shown]:
    """Call a tool and show its answer, or another `result`, as a host does that may call tools.

    One that is `wrapped` lies in the body of a document of the host's, as the MCP Inspector lays it.
    At the end the picture must have asked nothing of the network, and met nothing that a policy forbids.
    """
    answer = result or await bench.client.call_tool(tool, given)
    (contents,) = (await bench.client.read_resource(PICTURES[tool].uri)).contents
    assert isinstance(contents, TextResourceContents)
    context = await browser.new_context(viewport={"width": width, "height": 600}, color_scheme=theme, **options)
    context.set_default_timeout(SECONDS * 1000)
    picture = Shown(await context.new_page())

    async def serve(route: Route) -> None:
        pages: dict[str, tuple[str, dict[str, str]]] = {
            HOST: (_PAGE, {}),
            VIEW: (_WRAPPED.format(contents.text) if wrapped else contents.text, {"Content-Security-Policy": POLICY}),
        }
        if (found := pages.get(route.request.url)) is None:
            picture.requests.append(route.request.url)
            await route.abort()
            return
        await route.fulfill(body=found[0], content_type="text/html; charset=utf-8", headers=found[1])

    def listen(message: ConsoleMessage) -> None:
        misplaced = wrapped and "outside the document's <head>" in message.text
        if message.type in ("error", "warning") and not misplaced:
            picture.complaints.append(message.text)

    def fail(error: Error) -> None:
        picture.complaints.append(str(error))

    async def call(params: dict[str, Any]) -> Any:
        picture.calls.append(params)
        came = await bench.client.call_tool(params["name"], params["arguments"])
        if picture.losing:
            raise TimeoutError("no answer in time")
        return json.loads(came.model_dump_json(by_alias=True, exclude_none=True))

    try:
        await context.route("**/*", serve)
        await picture.page.expose_function("callTool", call)  # pyright: ignore[reportUnknownMemberType] - playwright's
        picture.page.on("console", listen)
        picture.page.on("pageerror", fail)
        await picture.page.goto(HOST)
        capabilities: dict[str, Any] = {"serverTools": {}, "updateModelContext": {"text": {}}} if calls_tools else {}
        await picture.page.evaluate(
            "(each) => window.show(each)",
            {
                "context": {"theme": theme, "containerDimensions": {"maxHeight": 500, "maxWidth": width}},
                "capabilities": capabilities,
                "input": given,
                "result": json.loads(answer.model_dump_json(by_alias=True, exclude_none=True)),
            },
        )
        await picture.view.wait_for_function("() => !document.body.innerText.includes('Waiting for the answer')")
        yield picture
        assert picture.complaints == []
        assert picture.requests == []
    finally:
        await context.close()


async def settled(picture: Shown) -> int:
    """Wait until the host has made room for all of the picture, or for as much as it ever takes; return its height."""
    await picture.view.wait_for_function(
        """() => {
            const main = document.querySelector("main")
            return innerHeight >= 500 || main.scrollHeight <= main.clientHeight
        }"""
    )
    sizes = (await picture.seen())["sizes"]
    height: int = sizes[-1]["height"]
    return height
