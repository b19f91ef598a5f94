// Language, filter choices, print, start. The state that is worth a link is kept after the #.
const options = {
  states: () => [["", t("全部", "All")], ["reached", t("已连接", "Reached")],
    ["unreached", t("未连接", "Not reached")], ["unknown", t("有未知项", "With unknowns")]],
  severities: () => [["", t("全部", "All")], ...SEVERITIES.map((key, i) => [key, pick(labels.severities[i])])],
  verdicts: () => [["", t("全部", "All")], ...VERDICTS.map((key, i) => [key, pick(labels.verdicts[i])])],
  waivers: () => [["", t("全部", "All")], ["yes", pick(labels.waived)], ["no", t("未豁免", "Not waived")]],
  clauses: () => [["", t("全部", "All")], ...[...new Set(checks.flatMap((check) => check[3]))]
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((id) => [id, `${id} ${pick(data.clauses[id])}`])],
};

// The record is in UTC; readers live in their own zone, so say which one it is.
function showTime(node) {
  const moment = new Date(node.dataset.time);
  if (Number.isNaN(moment.valueOf())) return;
  const hours = -moment.getTimezoneOffset() / 60;
  const local = new Date(moment.valueOf() + hours * 3600000).toISOString();
  node.title = node.dataset.time;
  node.textContent = `${local.slice(0, 19).replace("T", " ")} (UTC${hours < 0 ? "" : "+"}${hours})`;
}

function setLanguage(lang) {
  root.lang = lang;
  findAll("[data-lang]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.lang === lang)));
  findAll("select[data-options]").forEach((select) => {
    const chosen = select.value;
    select.replaceChildren(...options[select.dataset.options]().map(([value, text]) => new Option(text, value)));
    select.value = chosen;
  });
  findAll("a[data-keep]").forEach((link) => { link.hash = `lang=${lang}`; });
  findAll("time[data-time]").forEach(showTime);
  listHosts();
  listFindings();
}

// Paper shows all hosts and what must be fixed, by check: thousands of passes help nobody there.
function drawForPrint() {
  if (!found) return;
  hostTable.draw(true);
  const failures = new Map();
  worstFirst.forEach((i) => { if (v[i] === 0) failures.set(c[i], [...(failures.get(c[i]) || []), i]); });
  const blocks = [...failures].map(([check, rows]) => {
    const [id, level, expected, clauses] = checks[check];
    const seen = new Map();
    rows.forEach((i) => {
      const key = texts[o[i]] + (w[i] ? ` [${pick(labels.waived)}: ${fieldPairs(waivers[w[i]]).replaceAll("\n", "; ")}]` : "");
      seen.set(key, [...(seen.get(key) || []), hosts[owner[i]].id]);
    });
    const head = el("div", "failure-head", el("h3", "", severityBadge(level), ` ${ruleTitle(rows[0])} `, el("code", "", id)),
      el("p", "sub", `${clauses.join(" ")} · ${t("期望值", "Expected")}: ${texts[expected]} · ${rows.length} ${t("台", "hosts")}`),
      el("p", "", `${t("整改方法", "How to fix")}: ${pick(rule(rows[0]).remedy) || "—"}`));
    return el("div", "failure", head, ...[...seen].map(([observed, ids]) =>
      el("p", "observed", `${ids.join(", ")}: ${observed}`)));
  });
  find("#print-failures").replaceChildren(...(blocks.length ? [el("h2", "", t("不合格项", "Failures")), ...blocks] : []));
}

findAll("form.filters").forEach((form) => {
  const list = form.dataset.list === "hosts" ? listHosts : listFindings;
  form.addEventListener("input", list);
  form.addEventListener("reset", () => setTimeout(list));
  form.addEventListener("submit", (event) => event.preventDefault());
});
findAll("[data-filter]").forEach((node) => node.addEventListener("click", () =>
  applyFilter(Object.fromEntries(new URLSearchParams(node.dataset.filter)))));
findAll("[data-lang]").forEach((button) => button.addEventListener("click", () => setLanguage(button.dataset.lang)));
find("#print").addEventListener("click", () => window.print());
window.addEventListener("beforeprint", drawForPrint);
window.addEventListener("afterprint", () => { find("#print-failures").replaceChildren(); hostTable.draw(); });

root.classList.toggle("index", !found);
const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
if (found) find("#host-names").append(...hosts.map(({ id }) => new Option(id, id)));
setLanguage(["zh-CN", "en"].includes(wanted.lang) ? wanted.lang : root.lang);
delete wanted.lang;
if (found && ["host", "clause", "severity", "verdict", "waived", "q"].some((key) => key in wanted)) applyFilter(wanted);
