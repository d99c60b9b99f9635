// Sequences: what their mail brings, by sequence or step, where people fall out, and templates tried against each other.
const numbered = (name) => { const found = /Step #(\d+)/.exec(name ?? ""); return found ? Number(found[1]) : null; };
const sequenceOf = (name) => String(name ?? "").replace(/, Step #\d+.*$/s, "");
const stepOf = (name) => { const found = /, (Step #\d+.*)$/s.exec(name ?? ""); return found ? found[1] : name; };

const fate = (row) => [
  row.replied !== undefined ? `${number(row.replied)} replied (${number(row.reply_rate)}%)` : null,
  row.positive ? `${number(row.positive)} positive` : null,
  row.opened !== undefined ? `${number(row.opened)} opened` : null,
  row.bounced ? `${number(row.bounced)} bounced` : null,
  row.opted_out ? `${number(row.opted_out)} opted out` : null,
].filter(Boolean).join(", ");

const table = (caption, heads, rows) => element("table", { "aria-label": caption },
  element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col", class: head.class }, head.text)))),
  element("tbody", {}, ...rows));

const sequences = (answer, key, drill) => {
  const rows = rowsOf(answer);
  const most = Math.max(0, ...rows.map((row) => row.delivered ?? 0));
  return table(`Mail by ${key}`, [{ text: key }, { text: "delivered", class: "number" }, { text: "replied of delivered", class: "bar wide" }, { text: "what came of it" }],
    rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, drill && row[key] !== "none"
        ? element("button", { type: "button", class: "link", onclick: () => drill(row[key]) }, row[key]) : row[key] ?? "–"),
      element("td", { class: "number" }, number(row.delivered)),
      element("td", { class: "bar wide" }, bar(row.delivered ?? 0, row.replied ?? 0, most)),
      element("td", {}, fate(row)))));
};

// Steps in their order; of each how many people of those before it were not mailed by it.
const funnel = (answer) => {
  const by = new Map();
  rowsOf(answer).forEach((row) => { const name = sequenceOf(row.step); by.set(name, [...(by.get(name) ?? []), row]); });
  const people = (row) => row.contacted ?? row.delivered ?? 0;
  return [...by].flatMap(([name, rows]) => {
    const ordered = [...rows].sort((one, other) => (numbered(one.step) ?? 0) - (numbered(other.step) ?? 0));
    const most = Math.max(0, ...ordered.map(people));
    return [by.size > 1 ? element("h2", {}, name) : null, table(`Steps of ${name}`,
      [{ text: "step" }, { text: "people", class: "number" }, { text: "replied of people", class: "bar wide" }, { text: "fell out before", class: "number" }, { text: "what came of it" }],
      ordered.map((row, place) => element("tr", {},
        element("th", { scope: "row" }, stepOf(row.step)),
        element("td", { class: "number" }, number(people(row))),
        element("td", { class: "bar wide" }, bar(people(row), row.replied ?? 0, most)),
        element("td", { class: "number" }, place ? number(Math.max(0, people(ordered[place - 1]) - people(row))) : "–"),
        element("td", {}, fate(row)))))].filter(Boolean);
  });
};

const interval = (row) => {
  const found = /^([\d.]+)-([\d.]+)%$/.exec(row.interval_95 ?? "");
  return found ? { low: Number(found[1]), high: Number(found[2]), rate: row.delivered ? (100 * row.replied) / row.delivered : 0 } : null;
};

const variants = (answer) => {
  const rows = rowsOf(answer);
  if (!rows.length) return [element("p", {}, "No step had several templates in this period.")];
  const most = Math.max(1, ...rows.map((row) => interval(row)?.high ?? 0));
  const place = (value) => `${(100 * value) / most}%`;
  const line = (held) => drawn("svg", { "aria-hidden": "true", focusable: "false" },
    drawn("rect", { class: "track", x: 0, y: 2, height: 12, rx: 2, width: "100%" }),
    drawn("line", { class: "rule", x1: place(held.low), x2: place(held.high), y1: 8, y2: 8 }),
    drawn("circle", { class: "dot", cx: place(held.rate), cy: 8, r: 5 }));
  return [...new Set(rows.map((row) => row.step))].flatMap((step) => [
    element("h2", {}, step),
    table(`Templates of ${step}`,
      [{ text: "template" }, { text: "delivered", class: "number" }, { text: "replied", class: "number" }, { text: `replies, 0 to ${number(most)}%`, class: "bar wide" }, { text: "95% interval" }, { text: "verdict" }],
      rows.filter((row) => row.step === step).map((row) => element("tr", {},
        element("th", { scope: "row" }, row.template),
        element("td", { class: "number" }, number(row.delivered)),
        element("td", { class: "number" }, number(row.replied)),
        element("td", { class: "bar wide" }, interval(row) ? line(interval(row)) : null),
        element("td", {}, row.interval_95 ?? "–"),
        element("td", { class: row.verdict === "ahead" ? "good" : undefined }, row.verdict || "–"))))]);
};

begin("outreach-sequence", (first, given) => {
  const asked = (more) => ({ ...given, fields: ["*"], ...more });
  const draw = (answer, back) => {
    const key = answer.columns?.includes("template") ? "variant" : answer.columns?.[0] ?? "sequence";
    const chosen = key === "step" || key === "variant";
    const drill = key === "sequence" && host.canCall
      ? (name) => instead("report_sequences", asked({ by: "step", sequence: name, top: 50 }), (found) => draw(found, name)) : null;
    const within = back ?? given.sequence;
    page.put(page.header,
      element("h1", {}, chosen ? `${key === "step" ? "Steps" : "Variants"}${within ? ` of ${within}` : ""}` : `Mail by ${key}`),
      element("p", { class: "soft" }, [answer.period, answer.counted].filter(Boolean).join(": ")));
    page.put(page.main, ...(key === "variant" ? variants(answer) : key === "step" ? funnel(answer) : [sequences(answer, key, drill)]),
      answer.note ? element("p", { class: "soft" }, answer.note) : null);
    const other = key === "step" ? "variant" : "step";
    page.put(page.footer,
      chosen && host.canCall ? element("button", { type: "button", onclick: () =>
        instead("report_sequences", asked({ by: other, top: 50, ...(within ? { sequence: within } : {}) }), (found) => draw(found, back)) },
        other === "variant" ? "Variants" : "Steps") : null,
      answer !== first ? element("button", { type: "button", onclick: () => { page.say(""); draw(first); page.main.focus(); } }, "Back") : null,
      page.status);
  };
  draw(first);
});
