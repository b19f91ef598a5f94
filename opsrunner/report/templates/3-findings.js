// The list of findings.
// Findings: columns of numbers; c check, v verdict, r reason, o observed, w waiver, e evidence.
const { c, v, r, o, w, e } = found ? found.columns : { c: [] };
const { texts, checks, waivers } = found || { texts: [], checks: [], waivers: [] };
const owner = new Uint32Array(c.length);
hosts.reduce((start, host) => (found ? owner.fill(host.index, start, start + host.rules) && start + host.rules : 0), 0);
const rule = (i) => data.rules[checks[c[i]][0]] || { title: {}, rationale: {}, remedy: {}, catalogue: "" };
const ruleTitle = (i) => pick(rule(i).title) || checks[c[i]][0];
const severity = (i) => checks[c[i]][1];
const lower = texts.map((text) => text.toLowerCase());
const checkText = checks.map(([id, , expected, clauses]) => {
  const { title = {}, catalogue = "" } = data.rules[id] || {};
  return [id, catalogue, title.zh, title.en, texts[expected], ...clauses].join("\n").toLowerCase();
});
const waiverText = waivers.map((waiver) => Object.values(waiver).join("\n").toLowerCase());
const worstFirst = Uint32Array.from(c.keys()).sort((a, b) => v[a] - v[b] || severity(a) - severity(b) || a - b);
const findingKeys = { host: (i) => hosts[owner[i]].id, rule: (i) => checks[c[i]][0], severity, verdict: (i) => v[i],
  clause: (i) => checks[c[i]][3].join() };

function matching(form) {
  const value = (name) => form.elements[name].value.trim();
  const [host, query] = [value("host").toLowerCase(), value("q").toLowerCase()];
  const exact = hosts.some((one) => one.id.toLowerCase() === host); // a whole name means that host only
  const hostOk = hosts.map(({ id }) => (exact ? id.toLowerCase() === host : id.toLowerCase().includes(host)));
  const [level, verdict] = [SEVERITIES.indexOf(value("severity")), VERDICTS.indexOf(value("verdict"))];
  const checkOk = checks.map(([, one, , clauses]) =>
    (level < 0 || one === level) && (!value("clause") || clauses.includes(value("clause"))));
  const waived = value("waived");
  const hit = (table) => table.map((text) => text.includes(query));
  const [inText, inCheck, inWaiver, inHost] = [lower, checkText, waiverText, hosts.map(({ text }) => text)].map(hit);
  return [...worstFirst.filter((i) => hostOk[owner[i]] && checkOk[c[i]] && (verdict < 0 || v[i] === verdict)
    && (!waived || (waived === "yes") === (w[i] > 0))
    && (!query || inCheck[c[i]] || inText[o[i]] || inText[r[i]] || inText[e[i]] || inHost[owner[i]] || inWaiver[w[i]]))];
}
function pairs(entries) {
  return el("dl", "", ...entries.filter(([, value]) => value && value !== "").flatMap(([name, value, className]) =>
    [el("dt", "", name), el("dd", className || "", value)]));
}
const fieldPairs = (fields) => Object.entries(fields).map(([key, value]) =>
  `${pick(labels.fields[key]) || key}: ${value}`).join("\n");
function detail(i) {
  const [id, , expected, clauses] = checks[c[i]];
  const cell = el("td", "", pairs([[t("检查项", "Check"), ruleTitle(i)],
    [t("规则", "Rule"), [id, rule(i).catalogue].filter(Boolean).join(" · ")],
    [t("实际值", "Observed"), texts[o[i]], "observed"], [t("期望值", "Expected"), texts[expected], "observed"],
    [t("条款", "Clause"), clauses.map((clause) => `${clause} ${pick(data.clauses[clause])}`).join("\n"), "lines"],
    [t("原因", "Reason"), r[i] ? reasonText(texts[r[i]]) : ""],
    [t("豁免", "Waiver"), fieldPairs(waivers[w[i]]), "lines"],
    [t("整改方法", "How to fix"), pick(rule(i).remedy), "lines"],
    [t("整改风险", "Danger of the fix"), pick(labels.dangers[rule(i).danger])],
    [t("说明", "Why it matters"), pick(rule(i).rationale)],
    [t("证据 SHA-256", "Evidence SHA-256"), e[i] ? el("code", "", texts[e[i]]) : t("无（未采集到）", "none (nothing collected)")]]));
  cell.colSpan = 6;
  return el("tr", "detail", cell);
}
const findingTable = found && pagedTable("finding", () => [["verdict", t("结果", "Verdict")],
  ["severity", t("严重程度", "Severity")], ["rule", t("检查项", "Check")], ["clause", t("条款", "Clause")],
  ["host", t("主机", "Host")], [null, t("实际值或原因 / 期望值", "Observed or reason / expected")]], (i) => {
  const title = el("button", "expand", ruleTitle(i));
  title.type = "button";
  title.setAttribute("aria-expanded", "false");
  const row = el("tr", "", el("td", "", verdictBadge(v[i]), w[i] ? el("div", "", badge("v", "waived", labels.waived)) : null),
    el("td", "", severityBadge(severity(i))), el("td", "", title, el("div", "sub", checks[c[i]][0])),
    el("td", "", checks[c[i]][3].join(" ")), el("td", "", hosts[owner[i]].id),
    el("td", "observed", el("div", "clip", r[i] ? reasonText(texts[r[i]]) : texts[o[i]]),
        el("div", "sub clip", `${t("期望", "expected")} ${texts[checks[c[i]][2]]}`)));
  title.onclick = () => {
    const open = title.getAttribute("aria-expanded") === "true";
    title.setAttribute("aria-expanded", String(!open));
    if (open) row.nextSibling.remove(); else row.after(detail(i));
  };
  return row;
});
function listFindings() {
  if (!found) return;
  const form = find('form[data-list="findings"]');
  const rows = matching(form);
  find("output", form).textContent = `${rows.length} / ${c.length} ${t("项", "findings")}`;
  findingTable.show(sorted(rows, findingTable.state, findingKeys));
}
if (found) findingTable.state.onSort = listFindings;

function applyFilter(wanted) {
  const form = find('form[data-list="findings"]');
  form.reset();
  Object.entries(wanted).forEach(([name, value]) => { if (form.elements[name]) form.elements[name].value = value; });
  listFindings();
  find("#findings").scrollIntoView();
}
