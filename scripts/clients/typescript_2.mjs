// The TypeScript SDK, 2.x: TRANSPORT TARGET...; prints how many tools it saw and the answer it got.
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

const client = new Client({ name: "check", version: "1" }, mode ? { versionNegotiation: { mode } } : {});
await client.connect(connect[transport]());
const { tools } = await client.listTools();
const result = await client.callTool({ name: "list_prospects", arguments: { page_size: 3 } });
await client.close();
console.log(JSON.stringify({ tools: tools.length, answer: result.content[0].text }));
