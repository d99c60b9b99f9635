"use strict";
// What all pictures have in common: the talk with the host (MCP Apps, 2026-01-26), and elements made of text alone.
// Nothing of an answer is ever read as HTML, and nothing is asked of anybody but the host.
// A host that lays the document into the body of another takes the policy out of force: it holds in a head alone.
document.head.append(...document.querySelectorAll("body meta[http-equiv]"));

const host = (() => {
  const waiting = new Map();
  const handlers = new Map();
  let last = 0;
  let capabilities = {};

  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method, params = {}) => post({ method, params });
  const request = (method, params) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    post({ id: last, method, params });
  });

  const show = (context = {}) => {
    const root = document.documentElement;
    if (context.theme === "light" || context.theme === "dark") {
      root.dataset.theme = context.theme;
      root.style.colorScheme = context.theme;
    }
    const font = context.styles?.variables?.["--font-sans"];
    if (typeof font === "string") root.style.setProperty("--font-sans", font);
  };

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || message?.jsonrpc !== "2.0") return;
    if (message.method === undefined) {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) asked?.reject(new Error(String(message.error.message)));
      else asked?.resolve(message.result);
      return;
    }
    if (message.method === "ui/notifications/host-context-changed") show(message.params);
    handlers.get(message.method)?.(message.params ?? {});
    if (message.id === undefined) return;
    if (message.method === "ping" || message.method === "ui/resource-teardown") post({ id: message.id, result: {} });
    else post({ id: message.id, error: { code: -32601, message: "Method not found" } });
  });

  const fit = () => {
    const height = Math.min(500, Math.ceil([...document.body.children].reduce(
      (sum, part) => sum + (part.tagName === "MAIN" ? part.scrollHeight : part.offsetHeight), 0)));
    notify("ui/notifications/size-changed", { width: document.documentElement.clientWidth, height });
  };

  return {
    get canCall() { return capabilities.serverTools !== undefined; },
    get canTell() { return capabilities.updateModelContext !== undefined; },
    tell: (text) => request("ui/update-model-context", { content: [{ type: "text", text }] }),
    call: (name, given) => request("tools/call", { name, arguments: given }),
    on: (method, handler) => handlers.set(method, handler),
    fit,
    async begin(name) {
      const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
      show({ theme: dark ? "dark" : "light" });
      const answer = await request("ui/initialize", {
        appInfo: { name, version: "1" },
        appCapabilities: { availableDisplayModes: ["inline"] },
        protocolVersion: "2026-01-26",
      });
      capabilities = answer.hostCapabilities ?? {};
      show(answer.hostContext);
      notify("ui/notifications/initialized");
      new ResizeObserver(fit).observe(document.querySelector("main"));
      fit();
    },
  };
})();

// What tables are to those who hear them, also where a narrow one is laid out as blocks.
const roles = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  const role = name === "th" ? (attributes.scope === "row" ? "rowheader" : "columnheader") : roles[name];
  if (role) made.setAttribute("role", role);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined).map((each) =>
    each instanceof Node ? each : document.createTextNode(String(each))));
  return made;
};

const drawn = (name, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// A bar beside the same number as text, so that nobody has to see it.
const bar = (most, part, whole) => {
  const share = (value) => `${whole > 0 ? Math.max(0, Math.min(100, (100 * value) / whole)) : 0}%`;
  const rect = (kind, width) => drawn("rect", { class: kind, x: 0, y: 2, height: 12, rx: 2, width });
  return drawn("svg", { "aria-hidden": "true", focusable: "false" },
    rect("track", "100%"), rect("most", share(most)), ...(part === null ? [] : [rect("part", share(part))]));
};

const number = (value) => (typeof value === "number" ? value.toLocaleString("en-US") : value ?? "–");
const many = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

const page = {
  header: document.querySelector("header"),
  main: document.querySelector("main"),
  footer: document.querySelector("footer"),
  status: document.getElementById("status"),
  put(part, ...children) { part.replaceChildren(...children.filter(Boolean)); host.fit(); },
  say(text) { page.status.textContent = text; host.fit(); },
};

const textOf = (result) => (result.content ?? []).filter((each) => each.type === "text").map((each) => each.text).join("\n");

// What an answer holds, null for one that is a sentence: that is shown as it is.
const dataOf = (result) => {
  try {
    const data = JSON.parse(textOf(result));
    return !result.isError && data !== null && typeof data === "object" ? data : null;
  } catch {
    return null;
  }
};

const rowsOf = (answer) => (answer.rows ?? []).map((cells) =>
  Object.fromEntries(cells.map((cell, place) => [answer.columns[place], cell])));

// Ask for another answer in the place of what is shown, and say what went wrong where it does not come.
const instead = async (name, given, show) => {
  page.say("Reading …");
  try {
    const result = await host.call(name, given);
    const data = dataOf(result);
    page.say(data ? "" : textOf(result));
    if (data) { show(data); page.main.focus(); }
  } catch (error) {
    page.say(`It could not be read: ${error.message}`);
  }
};

const begin = (name, show) => {
  let given = {};
  host.on("ui/notifications/tool-input", (params) => { given = params.arguments ?? {}; });
  host.on("ui/notifications/tool-cancelled", () => page.say("The call was taken back."));
  host.on("ui/notifications/tool-result", (result) => {
    const data = dataOf(result);
    if (data) show(data, given, result._meta ?? {});
    else page.put(page.main, element("p", {}, textOf(result)));
  });
  host.begin(name);
};
