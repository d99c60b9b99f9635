// A plan: what would become of each record, who is left out, and the person's own approval of it.
const begunBy = "outreach-mcp/plan";

const changes = (changed) => Object.entries(changed).map(([field, pair]) => element("div", {},
  `${field}: `, element("del", {}, pair[0]), " → ", element("ins", {}, pair[1])));

const shortly = (example) => Object.fromEntries(Object.entries(example).filter(([name]) => !["id", "name"].includes(name))
  .map(([name, text]) => { const [before, ...after] = String(text).split(" → ");
    return [name, after.length ? [before, after.join(" → ")] : ["", before]]; }));

begin("outreach-plan", (answer, _, meta) => {
  const beside = meta[begunBy] ?? {};
  const rows = beside.rows ?? (answer.examples ?? []).map((each) => ({ id: each.id, name: each.name, changed: shortly(each) }));
  const total = answer.records ?? rows.length;
  const mayApprove = beside.approval !== undefined && host.canCall;
  const left = Object.entries(beside.left_out ?? answer.left_out ?? {});
  const boxes = [];

  const without = () => boxes.flatMap((box, place) => (box.checked ? [] : [place]));
  const approve = element("button", { type: "button", class: "first" });
  const recount = () => {
    const count = total - without().length;
    approve.textContent = `Approve and change ${many(count, "record")}`;
    approve.disabled = count < 1;
  };

  page.put(page.header,
    element("h1", {}, `Plan: ${beside.doing ?? answer.doing ?? "changes"}`),
    element("p", {}, `${many(total, "record")}${answer.about_seconds ? `, about ${many(answer.about_seconds, "second")}` : ""}`,
      answer.holds_until ? `, to be approved until ${answer.holds_until}` : "", ". Nothing is changed yet."),
    answer.sends_email ? element("p", { class: "warn" }, `E-mail: ${answer.sends_email}`) : null,
    left.length ? element("p", {}, "Left out: ", left.map(([why, count]) => `${number(count)} ${why}`).join("; ")) : null);

  const line = (row, place) => {
    const named = `${row.name || "record"}${row.id === null || row.id === undefined ? "" : ` (${row.id})`}`;
    const box = mayApprove ? element("input", { type: "checkbox", checked: true, "aria-label": `Change ${named}` }) : null;
    if (box) { box.addEventListener("change", recount); boxes[place] = box; }
    return element("tr", {},
      box ? element("td", {}, element("label", { class: "tick" }, box)) : null,
      element("th", { scope: "row" }, named),
      element("td", {}, ...changes(row.changed ?? {})));
  };
  page.put(page.main,
    element("table", { class: "stacked" },
      element("thead", {}, element("tr", {},
        mayApprove ? element("th", { scope: "col" }, "Take") : null,
        element("th", { scope: "col" }, "Record"), element("th", { scope: "col" }, "Before → after"))),
      element("tbody", {}, ...rows.map(line))),
    total > rows.length ? element("p", { class: "soft" }, `and ${many(total - rows.length, "more record")} that are changed in the same way`) : null);

  const ended = (result) => {
    const job = dataOf(result);
    if (!job) { page.say(textOf(result)); return false; }
    const figures = ["done", "unchanged", "left_out", "refused", "unknown", "to_come"].filter((name) => job[name])
      .map((name) => `${number(job[name])} ${name.replace("_", " ")}`).join(", ");
    page.say(`Job ${job.job_id}: ${job.state}${figures ? `, ${figures}` : ""}${job.error ? `. ${job.error}` : ""}`);
    const again = element("button", { type: "button", onclick: async () => {
      try { ended(await host.call("get_job", { job_id: job.job_id })); } catch (error) { page.say(error.message); }
    } }, "Look again");
    page.put(page.footer, ["queued", "running"].includes(job.state) ? again : null, page.status);
    if (host.canTell) host.tell(`The person approved the plan ${answer.plan_id}${without().length ? `, without ${many(without().length, "record")}` : ""}. The job is ${job.job_id}.`).catch(() => {});
    return true;
  };

  approve.addEventListener("click", async (event) => {
    if (!event.isTrusted) return; // only a person presses it
    approve.disabled = true;
    boxes.forEach((box) => { box.disabled = true; });
    page.say("Under way …");
    try {
      const given = { plan_id: answer.plan_id, approval: beside.approval, without: without() };
      if (ended(await host.call("approve_plan", given))) return;
    } catch (error) {
      // It may have arrived for all that; a plan is applied once, so the second press finds out.
      page.say(`It is not known whether it was begun: ${error.message}. Press again to find out: a plan is applied once at most.`);
    }
    boxes.forEach((box) => { box.disabled = false; });
    recount();
  });
  if (mayApprove) {
    const all = element("button", { type: "button", onclick: () => {
      const on = boxes.some((box) => !box.checked);
      boxes.forEach((box) => { box.checked = on; });
      recount();
    } }, "All or none");
    recount();
    page.put(page.footer, approve, rows.length > 1 ? all : null, page.status);
  } else {
    page.say("To apply it, ask the assistant: you are asked before anything is changed.");
    page.put(page.footer, page.status);
  }
});
