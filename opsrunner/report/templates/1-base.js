"use strict";
// Helpers of the page: data, language, elements, tables. Everything a host said reaches the page
// through textContent or append(text) only. html_data.py makes the data.
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const labels = data.labels;
const PAGE = 50;
const find = (selector, from = document) => from.querySelector(selector);
const findAll = (selector, from = document) => [...from.querySelectorAll(selector)];
const t = (zh, en) => (root.lang === "en" ? en : zh);
const pick = (text) => (text ? t(text.zh || text.en, text.en || text.zh) || "" : "");

function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
const badge = (kind, key, label) => {
  const sign = el("i", "", label.sign);
  sign.setAttribute("aria-hidden", "true");
  return el("span", `badge ${kind}-${key}`, sign, pick(label));
};

// The orders of html_data.py: labels.VERDICTS and labels.SEVERITIES.
const VERDICTS = ["fail", "unknown", "manual", "pass", "not_applicable"];
const SEVERITIES = ["critical", "high", "medium", "low"];
const verdictBadge = (index) => badge("v", VERDICTS[index], labels.verdicts[index]);
const severityBadge = (index) => badge("s", SEVERITIES[index], labels.severities[index]);
const reasonText = (reason) => {
  const [code, ...detail] = reason.split(": ");
  return [pick(labels.reasons[code]) || code, ...(detail.length ? [detail.join(": ")] : [])].join(" · ");
};

const hosts = data.subjects.map(
  ([id, platform, profile, fields, rules, reached, reason, counts, waived, highRisk, score, page]) =>
    ({ id, platform, profile, fields, rules, reached, reason, counts, waived, highRisk, score, page }));
hosts.forEach((host, index) => {
  host.index = index;
  host.text = [host.id, host.platform, host.profile, ...Object.values(host.fields)].join("\n").toLowerCase();
});
const found = data.findings; // absent in the index of a large fleet

// A table with sortable heads that shows one page of its rows at a time.
function pagedTable(name, columns, drawRow) {
  const table = find(`#${name}-table`);
  const box = find(`#${name}-pager`);
  let rows = [], page = 0;
  const state = { column: null, down: false, onSort: () => {} };
  function draw(all = false) {
    const head = el("tr");
    columns().forEach(([key, title, className]) => {
      const cell = el("th", className || "");
      cell.scope = "col";
      if (key) {
        const button = el("button", "", title + (state.column === key ? (state.down ? " ↓" : " ↑") : ""));
        button.type = "button";
        if (state.column === key) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        button.onclick = () => {
          state.down = state.column === key ? !state.down : false;
          state.column = key;
          state.onSort();
        };
        cell.append(button);
      } else cell.append(title);
      head.append(cell);
    });
    find("thead", table).replaceChildren(head);
    find("tbody", table).replaceChildren(...(all ? rows : rows.slice(page * PAGE, (page + 1) * PAGE)).map(drawRow));
    const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
    const turn = (title, to, enabled) => {
      const button = el("button", "", title);
      button.type = "button";
      button.disabled = !enabled;
      button.onclick = () => { page = to; draw(); find(`#${name}s`).scrollIntoView(); };
      return button;
    };
    box.replaceChildren(...(last ? [turn(t("上一页", "Previous"), page - 1, page > 0),
      `${page + 1} / ${last + 1}`, turn(t("下一页", "Next"), page + 1, page < last)] : []));
  }
  return { state, draw, show(next) { rows = next; page = 0; draw(); } };
}
const sorted = (rows, state, keys) => {
  const key = keys[state.column];
  if (!key) return rows;
  const sign = state.down ? -1 : 1;
  return [...rows].sort((a, b) => { const x = key(a), y = key(b); return x < y ? -sign : x > y ? sign : 0; });
};
