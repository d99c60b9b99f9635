// The TypeScript SDK, 1.x: TRANSPORT TARGET...; prints how many tools it saw and the answer it got.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [transport, target, ...args] = process.argv.slice(2);
const connect = {
  stdio: () => new StdioClientTransport({ command: target, args }),
  sse: () => new SSEClientTransport(new URL(target)),
  http: () => new StreamableHTTPClientTransport(new URL(target)),
};

const client = new Client({ name: "check", version: "1" });
await client.connect(connect[transport]());
const { tools } = await client.listTools();
const result = await client.callTool({ name: "list_prospects", arguments: { page_size: 3 } });
await client.close();
console.log(JSON.stringify({ tools: tools.length, answer: result.content[0].text }));
