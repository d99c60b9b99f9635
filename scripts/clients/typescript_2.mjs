// The TypeScript SDK, 2.x: TRANSPORT TARGET...; prints how many tools it saw, the answer and the menus it got.
// NEGOTIATION is what it is told of the protocol's version: nothing is its default, "auto" asks the server first.

import { Client, SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [transport, target, ...args] = process.argv.slice(2);
const connect = {
  stdio: () => new StdioClientTransport({ command: target, args }),
  sse: () => new SSEClientTransport(new URL(target)),
  http: () => new StreamableHTTPClientTransport(new URL(target)),
};
const mode = process.env.NEGOTIATION;

const capabilities = { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } } };
const client = new Client({ name: "check", version: "1" }, { capabilities, ...(mode ? { versionNegotiation: { mode } } : {}) });
await client.connect(connect[transport]());
const { tools } = await client.listTools();
const result = await client.callTool({ name: "list_prospects", arguments: { page_size: 3 } });
const prompt = await client.getPrompt({ name: "call_preparation", arguments: { prospect: "Theo Weber" } });
const ref = { type: "ref/prompt", name: "morning_brief" };
const menus = {
  prompts: (await client.listPrompts()).prompts.length,
  prompt: prompt.messages[0].content.text,
  completed: (await client.complete({ ref, argument: { name: "owner", value: "ma" } })).completion.values,
  resources: (await client.listResources()).resources.length,
  resource: (await client.readResource({ uri: "outreach://playbooks/morning_brief" })).contents[0].text,
  picture: (await client.readResource({ uri: "ui://outreach/plan" })).contents[0].mimeType,
  approves: tools.some(({ name }) => name === "approve_plan"),
};
await client.close();
console.log(JSON.stringify({ tools: tools.length, answer: result.content[0].text, menus }));
