// The pipeline: stages with amounts and age, and what is stuck.
const wording = { slipped: "past close date", stalled: "stalled", no_next_step: "without next step", single_contact: "single contact" };

const amount = (row, answer) => `${number(row.amount)} ${row.currency ?? answer.currency ?? ""}`.trim();
const troubles = (row) => Object.entries(wording).filter(([name]) => row[name]).map(([name, words]) => `${number(row[name])} ${words}`).join(", ");
const days = (count) => (count === null || count === undefined ? "–" : many(count, "day"));

const stages = (answer) => {
  const rows = rowsOf(answer);
  const key = answer.columns?.[0] ?? "stage";
  const currency = (row) => row.currency ?? answer.currency ?? "";
  const most = new Map();
  rows.forEach((row) => most.set(currency(row), Math.max(most.get(currency(row)) ?? 0, row.amount ?? 0)));
  const aged = rows.some((row) => row.median_idle_days !== undefined);
  return element("table", { "aria-label": `Pipeline by ${key}` },
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, key), element("th", { scope: "col", class: "number" }, "deals"),
      element("th", { scope: "col", class: "number" }, "amount"), element("th", { scope: "col", class: "bar wide" }, "weighted of amount"),
      aged ? element("th", { scope: "col", class: "number" }, "untouched") : null,
      element("th", { scope: "col" }, "stuck"))),
    element("tbody", {}, ...rows.map((row) => element("tr", {},
      element("th", { scope: "row" }, row[key] ?? "–"),
      element("td", { class: "number" }, number(row.count)),
      element("td", { class: "number" }, amount(row, answer)),
      element("td", { class: "bar wide" }, bar(row.amount ?? 0, row.weighted ?? 0, most.get(currency(row)))),
      aged ? element("td", { class: "number" }, days(row.median_idle_days)) : null,
      element("td", { class: troubles(row) ? "warn" : undefined }, troubles(row) || "–")))));
};

const stuck = (answer) => element("table", { "aria-label": "What is stuck", class: "stacked" },
  element("thead", {}, element("tr", {}, ...["opportunity", "why", "amount", "stage", "closes", "owner"].map((name) =>
    element("th", { scope: "col", class: name === "amount" ? "number" : undefined }, name)))),
  element("tbody", {}, ...rowsOf(answer).map((row) => element("tr", {},
    element("th", { scope: "row" }, `${row.opportunity} (${row.id})`),
    element("td", { class: "warn" }, (row.why ?? "").replace(/\d+/g, "$& days")),
    element("td", { class: "number" }, amount(row, answer)),
    element("td", {}, row.stage ?? ""), element("td", {}, row.closes ?? ""), element("td", {}, row.owner ?? "")))));

begin("outreach-pipeline", (first, given) => {
  const draw = (answer) => {
    const isStuck = answer.columns?.includes("why");
    const totals = (Array.isArray(answer.total?.[0]) ? answer.total : answer.total ? [answer.total] : [])
      .map((cells) => Object.fromEntries(cells.map((cell, place) => [answer.columns[place], cell])));
    page.put(page.header,
      element("h1", {}, isStuck ? "What is stuck in the pipeline" : `Pipeline by ${answer.columns?.[0] ?? "stage"}`),
      ...totals.map((each) => element("p", {}, `${many(each.count, "deal")}, ${amount(each, answer)}`,
        each.weighted === undefined ? "" : `, weighted ${number(each.weighted)}`)),
      element("p", { class: "soft" }, [answer.closing, answer.counted].filter(Boolean).join(": ")));
    page.put(page.main, isStuck ? stuck(answer) : stages(answer), answer.note ? element("p", { class: "soft" }, answer.note) : null);
    page.put(page.footer,
      !isStuck && host.canCall ? element("button", { type: "button", onclick: () =>
        instead("report_pipeline", { ...given, by: "stuck", sort: undefined, top: 50, fields: ["*"] }, draw) }, "What is stuck") : null,
      answer !== first ? element("button", { type: "button", onclick: () => { page.say(""); draw(first); page.main.focus(); } }, "Back") : null,
      page.status);
  };
  draw(first);
});
