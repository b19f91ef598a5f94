// The list of hosts.
function stack(counts) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "stack");
  svg.setAttribute("viewBox", "0 0 100 8");
  svg.setAttribute("preserveAspectRatio", "none");
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  let start = 0;
  counts.forEach((count, index) => {
    const part = document.createElementNS(svg.namespaceURI, "rect");
    const width = (count * 100) / total;
    Object.entries({ class: `v-${VERDICTS[index]}`, x: start, width, height: 8 })
      .forEach(([key, value]) => part.setAttribute(key, value));
    svg.append(part);
    start += width;
  });
  return svg;
}
const number = (value) => el("td", value ? "num" : "num zero", String(value));
const hostColumns = () => [["id", t("主机", "Host")], ["platform", t("平台 / 基线", "Platform / profile")],
  ["reached", t("连接", "Connection")], [null, t("分布", "Distribution"), "wide-bar"],
  ...labels.verdicts.map((label, index) => [`v${index}`, pick(label), "num"]), ["waived", pick(labels.waived), "num"],
  ["risk", t("高风险", "High-risk"), "num"], ["score", t("得分（判定项）", "Score (judged)"), "num"]];
const scored = ({ counts }) => (counts[0] + counts[3] ? counts[3] / (counts[0] + counts[3]) : -1);
const hostKeys = { id: (h) => h.id, platform: (h) => h.platform, reached: (h) => +h.reached, waived: (h) => -h.waived,
  risk: (h) => -h.highRisk, score: scored };
VERDICTS.forEach((_, index) => { hostKeys[`v${index}`] = (h) => -h.counts[index]; });
const hostTable = pagedTable("host", hostColumns, (host) => {
  const name = el(found ? "button" : "a", "link", host.id);
  if (found) { name.type = "button"; name.onclick = () => applyFilter({ host: host.id }); }
  else name.href = `${host.page}#${new URLSearchParams({ host: host.id, lang: root.lang })}`;
  const fields = Object.entries(host.fields).map(([key, value]) => `${pick(labels.fields[key]) || key} ${value}`);
  const state = host.reached ? badge("v", "pass", { sign: "✓", zh: "已连接", en: "Reached" })
    : badge("v", "unknown", { sign: "?", zh: "未连接", en: "Not reached" });
  return el("tr", "", el("td", "", name, el("div", "sub", fields.join(" · "))),
    el("td", "", host.platform, el("div", "sub nowrap", host.profile)),
    el("td", "", state, host.reason ? el("div", "sub", reasonText(host.reason)) : null),
    el("td", "", stack(host.counts)), ...host.counts.map(number), number(host.waived), number(host.highRisk),
    el("td", "num", host.score, el("div", "sub", `${host.counts[0] + host.counts[3]}/${host.rules}`)));
});
function listHosts() {
  const form = find('form[data-list="hosts"]');
  const text = form.elements["host-search"].value.trim().toLowerCase();
  const state = form.elements["host-state"].value;
  const rows = hosts.filter((host) => host.text.includes(text)
    && (!state || (state === "unknown" ? host.counts[1] > 0 : host.reached === (state === "reached"))));
  find("output", form).textContent = `${rows.length} / ${hosts.length} ${t("台", "hosts")}`;
  hostTable.show(sorted(rows, hostTable.state, hostKeys));
}
hostTable.state.onSort = listHosts;
