"use strict";
(async () => {
const $ = (id) => document.getElementById(id);
const D = await (async () => {
  const text = atob($("data").textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
})();
$("data").remove();
const LANGS = ["en", "zh", "ja"], NAMES = { en: "English", zh: "中文", ja: "日本語" };
const C = D.columns, T = D.texts, N = D.rows, PAGE = 100;
let lang = LANGS.includes(location.hash.slice(1)) ? location.hash.slice(1) : D.language;
let shown = [], page = 0, chosen = -1, sort = null, up = true, limit = PAGE;
const filter = { rule: "", severity: "", class: "", state: "", path: "", text: "", group: -1 };

// Words --------------------------------------------------------------------------------------
const w = (key, values) => fill((D.words[key] || {})[lang] || key, (n) => values && values[n]);
const fill = (text, value) => text.replace(/\{(\w+)\}/g, (all, name) => {
  const found = value(name);
  return found === undefined ? all : found;
});
const say = (cell) => cell === null || cell === undefined ? ""
  : typeof cell === "number" ? cell.toLocaleString("en") : typeof cell === "object" ? cell[lang] || cell.en || "" : cell;
const text = (name, row) => D.texts[name][C[name][row]] || "";
function told(row, key) {
  const template = D.templates[C.template[row]];
  const given = JSON.parse(text("given", row) || "[]");
  return fill(template[key][lang] || template[key].en || "", (name) => {
    const n = template.names.indexOf(name);
    if (n >= 0) return given[n] === null ? undefined : given[n];
    if (name === "count") return String(C.count[row]);
    return T[name] ? text(name, row) : undefined;
  });
}

// Elements: text is only ever set as text --------------------------------------------------------
// What would hide or turn around a text is shown as a mark.
const clean = (t) => typeof t === "string" ? t.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd") : t;
function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((c) => c !== null && c !== undefined && c !== "").map(clean));
  return made;
}
const tag = (severity) => el("span", { class: `tag ${severity}` }, w(severity));
const link = (label, act, attributes) => el("button", { type: "button", class: "link", ...attributes, on: { click: act } }, label);

function table(section, key) {
  const rows = section.rows, max = 200;
  const body = el("tbody");
  const columns = section.columns;
  const state = section.state = section.state || { sort: null, up: true, all: false };
  const order = rows.map((_, n) => n);
  if (state.sort !== null) {
    const compare = new Intl.Collator(lang, { numeric: true }).compare;
    const value = (n) => rows[n][state.sort];
    order.sort((a, b) => (state.up ? 1 : -1) * (typeof value(a) === "number" && typeof value(b) === "number"
      ? value(a) - value(b) : compare(say(value(a)), say(value(b)))));
  }
  const numeric = columns.map((_, n) => rows.length > 0 && rows.every((r) => r[n] === null || typeof r[n] === "number"));
  for (const n of state.all ? order : order.slice(0, max)) {
    const tr = el("tr");
    rows[n].forEach((cell, i) => {
      let inner = say(cell);
      if (key === "spread" && i === 0) inner = link(inner, () => only({ rule: cell, path: rows[n][2] }));
      tr.append(el(i || columns.length ? "td" : "th", { class: numeric[i] ? (cell ? "n" : "n dim") : inner.length > 60 ? "t" : "s",
        scope: i || columns.length ? undefined : "row", "data-l": columns.length ? say(columns[i]) : undefined }, inner));
    });
    body.append(tr);
  }
  const made = el("table", { class: columns.length ? "cards" : "key" });
  if (columns.length) made.append(el("thead", {}, el("tr", {}, ...columns.map((column, i) => el("th", {
    scope: "col", class: numeric[i] ? "n" : "", "aria-sort": state.sort === i ? (state.up ? "ascending" : "descending") : undefined,
  }, el("button", { type: "button", on: { click: () => {
    state.up = state.sort === i ? !state.up : !numeric[i]; state.sort = i; sections();
  } } }, say(column)))))));
  made.append(body);
  const left = state.all ? 0 : rows.length - max;
  return [el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say(section.title) }, made),
    left > 0 ? link(w("more rows", { count: left.toLocaleString("en") }), () => { state.all = true; sections(); }) : null];
}

const FOLDED = { score: 0, files: 10, units: 20, spread: 20 };
function fold(id, label, open, ...inner) {
  const was = document.querySelector(`details[data-fold="${id}"]`);
  const made = el("details", { "data-fold": id, class: "fold" }, el("summary", {}, label), ...inner);
  made.open = was ? was.open : open;
  return made;
}
function sections() {
  for (const section of D.sections) {
    const place = $(`section-${section.key}`), count = section.rows.length.toLocaleString("en");
    const head = el("h2", {}, say(section.title)), note = section.note ? [el("p", {}, say(section.note))] : [];
    if (section.key === "outcome") { place.replaceChildren(head, ...outcome()); continue; }
    if (section.key === "rules") { place.replaceChildren(...rules(say(section.title))); continue; }
    const held = (section.rows.length ? table(section, section.key) : []).filter(Boolean);
    if (section.rows.length > FOLDED[section.key]) place.replaceChildren(head, ...note, fold(section.key, w("alike rows", { count }), false, ...held));
    else place.replaceChildren(head, ...held, ...note);
  }
}

// Rules: in a line each what fails, in a table all -------------------------------------------------
const kind = (r) => r.standing.replace(" ", "");
const named = (r) => r.titles[lang] || r.titles.en || r.rule;
function show(rule) {
  const at = document.querySelector(`details.rule[data-rule="${rule}"]`);
  if (!at) return false;
  at.open = true; at.scrollIntoView();
  return true;
}
function line(n) {
  const r = D.rules[n], fails = r.status === "fail", many = fails ? r.failed : r.not_checked;
  return el("li", {}, el("span", { class: `tag ${kind(r)}` }, w(r.standing)),
    el("span", { class: "name" }, link(named(r), () => { if (!(fails && show(n))) $("section-unchecked").scrollIntoView(); }), " ", el("small", { class: "dim" }, r.rule)),
    el("span", { class: "n" }, many ? el("small", { class: "dim" }, `${say(r.unit)} `) : "", many ? many.toLocaleString("en") : r.mandatory && !fails ? w("mandatory") : ""));
}
function outcome() {
  const of = (status) => D.ordered.filter((n) => D.rules[n].status === status);
  const fails = of("fail"), unseen = of("not checked");
  if (!fails.length && !unseen.length) return [el("p", { class: "pass" }, w("nothing fails"))];
  return [fails.length ? el("ol", { class: "outcome" }, ...fails.map(line)) : el("p", { class: "pass" }, w("nothing fails")),
    unseen.length ? fold("unseen", `${w("not checked")}: ${unseen.length}`, fails.length + unseen.length <= 12, el("ol", { class: "outcome" }, ...unseen.map(line))) : null].filter(Boolean);
}
function rules(title) {
  const columns = [["failed"], ["places"], ["passed"], ["not checked", "not_checked"], ["not applicable things", "not_applicable"], ["waived"]]
    .map(([label, key]) => [label, key || label]).filter(([, key]) => D.rules.some((r) => r[key]));
  const listed = (numbers) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, el("table", { class: "cards rules" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, w("rule")), el("th", { scope: "col" }, w("status")),
      ...columns.map(([label]) => el("th", { scope: "col", class: "n" }, w(label))), el("th", { scope: "col" }, w("of")))),
    el("tbody", {}, ...numbers.map((n) => {
      const r = D.rules[n], about = [r.clause, r.element].filter(Boolean).join(" · ");
      return el("tr", {}, el("td", { class: "t" }, r.places || r.waived ? link(r.rule, () => only({ rule: r.rule })) : el("span", { class: "id" }, r.rule),
        el("div", {}, named(r)), el("div", { class: "dim about" }, about)),
      el("td", {}, el("span", { class: kind(r) }, w(r.standing)), r.standing !== r.severity && r.status === "fail" ? el("div", { class: "dim" }, w(r.severity)) : null),
      ...columns.map(([label, key]) => el("td", { class: r[key] ? "n" : "n dim none", "data-l": w(label) }, r[key].toLocaleString("en"))),
      el("td", { "data-l": w("of"), class: "dim" }, say(r.unit)));
    }))));
  const apart = D.ordered.filter((n) => D.rules[n].status === "not applicable"), spoken = D.ordered.filter((n) => D.rules[n].status !== "not applicable");
  return [el("h2", {}, title), fold("rules", w("alike rows", { count: D.rules.length.toLocaleString("en") }), false, spoken.length ? listed(spoken) : null,
    apart.length ? fold("apart", `${w("not applicable")}: ${apart.length}`, false, listed(apart)) : null)];
}

// Groups -------------------------------------------------------------------------------------
const where = (row) => [text("path", row) || ".", text("layer", row), text("place", row)].filter(Boolean).join("  ");
function groups(all) {
  const place = $("groups"), by = new Map();
  const open = new Set([...place.querySelectorAll("details[open]")].map((d) => d.dataset.rule));
  const first = !place.childElementCount;
  D.groups.forEach((g, n) => by.has(g.rule) ? by.get(g.rule).push(n) : by.set(g.rule, [n]));
  place.replaceChildren();
  let index = 0;
  for (const [rule, numbers] of by) {
    const r = D.rules[rule], total = numbers.reduce((s, n) => s + D.groups[n].places, 0);
    const cap = all ? 1000 : 20;
    const made = el("details", { class: "rule", "data-rule": rule }, el("summary", {}, el("h3", {}, named(r)), " ",
      el("span", { class: "dim" }, [w("alike", { count: total.toLocaleString("en") }), r.rule, r.clause, r.element].filter(Boolean).join(" · "))));
    const render = () => {
      if (made.childElementCount > 1) return;
      numbers.slice(0, cap).forEach((n) => made.append(group(n)));
      const left = numbers.slice(cap);
      if (left.length) made.append(el("div", { class: "group dim" }, w("more groups", {
        count: left.length.toLocaleString("en"), places: left.reduce((s, n) => s + D.groups[n].places, 0).toLocaleString("en") })));
    };
    made.addEventListener("toggle", () => made.open && render());
    if (all || (first ? index < 3 : open.has(String(rule)))) { render(); made.open = true; }
    place.append(made);
    index++;
  }
  if (!by.size) place.append(el("p", { class: "pass" }, w("no failures")));
}
// Whether a message has a value in it already; short ones are found in any text.
const stated = (name, row, message) => !text(name, row)
  || (D.templates[C.template[row]].message[lang] || "").includes(`{${name}}`) || (text(name, row).length > 3 && message.includes(text(name, row)));
function group(n) {
  const g = D.groups[n], row = g.rows[0];
  const hint = told(row, "hint"), count = g.places.toLocaleString("en");
  const list = el("ul");
  const same = !/\{\w+\}/.test(D.templates[C.template[row]].message[lang] || "");
  const head = g.mistake || same || g.places === 1 ? told(row, "message") : "";
  for (const k of g.rows) {
    const got = [], said = (name) => stated(name, k, head || got[0] || "") && (!head || text(name, k) === text(name, row));
    if (!g.mistake && !same && g.places > 1) got.push(told(k, "message"));
    if (!said("measured")) got.push(`${w("measured")}: ${text("measured", k)}`);
    if (!said("expected")) got.push(`${w("expected")}: ${text("expected", k)}`);
    list.append(el("li", {}, link(where(k), () => choose(k)), got.length ? el("div", { class: "dim" }, got.join(" · ")) : null));
  }
  const left = g.places - g.rows.length;
  return el("div", { class: "group" },
    el("div", {}, tag(g.severity), " ", head ? el("strong", {}, head) : null, " ",
      el("span", { class: "dim" }, w(g.mistake ? "copies" : "alike", { count }))),
    list, left > 0 ? link(w("more rows", { count: left.toLocaleString("en") }), () => only({ group: n })) : null,
    hint ? el("p", { class: "hint" }, `→ ${hint} `, el("span", { class: "dim" }, `(${w("mender " + text("mender", row))})`)) : null);
}

// The list -----------------------------------------------------------------------------------
const SORTS = [["rule", "rule"], ["severity", "severity"], ["path", "file"], ["class", "class"], ["place", "place"], [null, "finding"], ["count", "count"]];
const lower = {};
const lowered = (name) => lower[name] || (lower[name] = T[name].map((t) => t.toLowerCase()));
function matching(name, part) {
  const hits = new Uint8Array(T[name].length);
  lowered(name).forEach((t, n) => { hits[n] = t.includes(part) ? 1 : 0; });
  return hits;
}
function refilter() {
  const part = filter.text.trim().toLowerCase(), path = filter.path.trim().toLowerCase();
  const columns = ["path", "class", "layer", "place", "measured", "expected", "object_id", "given"];
  const hits = part && columns.map((name) => [C[name], matching(name, part)]);
  const words = part && Uint8Array.from(D.templates, (t) => (t.message[lang] || t.message.en || "").toLowerCase().includes(part)
    || D.rules[t.rule].rule.toLowerCase().includes(part) ? 1 : 0);
  const paths = path && (path === "." ? Uint8Array.from(T.path, (t) => t ? 0 : 1)
    : T.path.some((t) => t.toLowerCase() === path) ? Uint8Array.from(T.path, (t) => t.toLowerCase() === path ? 1 : 0) : matching("path", path));
  const rule = filter.rule === "" ? -1 : D.rules.findIndex((r) => r.rule === filter.rule);
  const layer = filter.class === "" ? -1 : T.class.indexOf(filter.class);
  const severity = filter.severity === "" ? -1 : D.severities.indexOf(filter.severity);
  shown = [];
  for (let i = 0; i < N; i++) {
    if (rule >= 0 && C.rule[i] !== rule) continue;
    if (severity >= 0 && C.severity[i] !== severity) continue;
    if (layer >= 0 && C.class[i] !== layer) continue;
    if (filter.group >= 0 && C.group[i] !== filter.group) continue;
    if (paths && !paths[C.path[i]]) continue;
    if (filter.state && (filter.state === "waived" ? !text("waived", i) : text("waived", i) || text("compared", i) !== filter.state)) continue;
    if (part && !words[C.template[i]] && !hits.some(([column, hit]) => hit[column[i]])) continue;
    shown.push(i);
  }
  if (sort) {
    let rank = C[sort];
    if (T[sort]) {
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      const order = T[sort].map((_, n) => n).sort((a, b) => compare(T[sort][a], T[sort][b]));
      const ranks = new Int32Array(order.length);
      order.forEach((n, k) => { ranks[n] = k; });
      rank = C[sort].map((n) => ranks[n]);
    }
    shown.sort((a, b) => (up ? 1 : -1) * (rank[a] - rank[b]) || a - b);
  }
  page = 0;
}
function only(wanted) {
  Object.assign(filter, { rule: "", severity: "", class: "", state: "", path: "", text: "", group: -1 }, wanted);
  controls(); refilter(); list(); map.draw();
  $("findings").scrollIntoView();
}
function controls() {
  const place = $("filters");
  const change = (key) => (event) => {
    filter[key] = event.target.value; filter.group = -1;
    clearTimeout(controls.wait);
    controls.wait = setTimeout(() => { refilter(); list(); map.draw(); }, event.type === "input" ? 200 : 0);
  };
  const select = (key, label, options) => el("label", {}, w(label), el("select", { id: `by-${key}`, on: { change: change(key) } },
    el("option", { value: "" }, w("all")), ...options.map(([value, name]) => el("option", { value, ...(filter[key] === value ? { selected: "" } : {}) }, name))));
  const layers = T.class.filter(Boolean).slice(0, 500).sort();
  const states = ["new", "open", "waived"].filter((s) => s === "waived" ? T.waived.some(Boolean) : T.compared.includes(s));
  const input = (key, label, type, more) => { const made = el("input", { id: `by-${key}`, type, ...more, on: { input: change(key) } }); made.value = filter[key]; return el("label", {}, w(label), made); };
  place.replaceChildren(
    select("rule", "rule", D.rules.filter((r) => r.places || r.waived).map((r) => [r.rule, r.rule])),
    select("severity", "severity", D.severities.map((s) => [s, w(s)])),
    select("class", "class", layers.map((l) => [l, l])),
    ...(states.length ? [select("state", "state", states.map((s) => [s, w(s)]))] : []),
    input("path", "file", "text", { list: "paths", autocomplete: "off" }),
    input("text", "containing", "search"),
    el("button", { type: "button", id: "clear", on: { click: () => only({}) } }, w("clear")),
    el("datalist", { id: "paths" }, ...T.path.filter(Boolean).slice(0, 500).map((p) => el("option", { value: p }))));
}
function list() {
  const pages = Math.max(1, Math.ceil(shown.length / limit));
  page = Math.min(page, pages - 1);
  const rows = shown.slice(page * limit, (page + 1) * limit);
  const head = el("tr", {}, ...SORTS.map(([key, label]) => el("th", {
    scope: "col", class: key === "count" ? "n" : "", "aria-sort": key && sort === key ? (up ? "ascending" : "descending") : undefined,
  }, key && limit === PAGE ? el("button", { type: "button", on: { click: () => { up = sort === key ? !up : true; sort = key; refilter(); list(); } } }, w(label)) : w(label))));
  const body = el("tbody");
  for (const i of rows) body.append(el("tr", { "data-row": i, class: i === chosen ? "on" : "" },
    el("td", { class: "id" }, D.rules[C.rule[i]].rule),
    el("td", {}, tag(D.severities[C.severity[i]]), text("waived", i) ? el("div", { class: "dim" }, w("waived")) : null,
      text("compared", i) ? el("div", { class: "dim" }, w(text("compared", i))) : null),
    el("td", { class: "s" }, text("path", i) || "."), el("td", { class: "s" }, text("class", i)),
    el("td", { class: "s" }, link(text("place", i) || w("show"), () => choose(i))),
    el("td", { class: "t" }, told(i, "message")), el("td", { class: C.count[i] === 1 ? "n one" : "n" }, C.count[i].toLocaleString("en"))));
  $("list").replaceChildren(el("thead", {}, head), body);
  const step = (by) => () => { page += by; list(); $("findings").scrollIntoView(); };
  for (const place of document.querySelectorAll(".pager")) place.replaceChildren(
    el("span", { role: "status" }, w("shown", { shown: shown.length.toLocaleString("en"), count: N.toLocaleString("en") })),
    el("button", { type: "button", on: { click: step(-1) }, ...(page ? {} : { disabled: "" }) }, w("before")),
    el("span", {}, `${page + 1} / ${pages}`),
    el("button", { type: "button", on: { click: step(1) }, ...(page < pages - 1 ? {} : { disabled: "" }) }, w("after")));
}
function choose(row) {
  chosen = row;
  if (!shown.includes(row)) { Object.assign(filter, { rule: "", severity: "", class: "", state: "", path: "", text: "", group: -1 }); controls(); refilter(); }
  page = Math.floor(shown.indexOf(row) / limit);
  list(); detail(); map.fly(row);
  $("places").scrollIntoView({ block: "nearest" });
}
function detail() {
  const place = $("detail");
  if (chosen < 0) { place.replaceChildren(el("p", { class: "dim" }, w("choose"))); return; }
  const i = chosen, r = D.rules[C.rule[i]], hint = told(i, "hint");
  const facts = [["rule", r.rule], ["file", text("path", i) || "."], ["class", text("class", i)], ["place", text("place", i)],
    ["measured", stated("measured", i, told(i, "message")) ? "" : text("measured", i)],
    ["expected", stated("expected", i, told(i, "message")) ? "" : text("expected", i)], ["tolerance", text("tolerance", i)], ["clause", r.clause],
    ["element", r.element], ["count", C.count[i].toLocaleString("en")],
    ["position", C.x[i] === null ? "" : [C.x[i].toFixed(6), C.y[i].toFixed(6), C.z[i] === null ? null : `${C.z[i].toFixed(2)} m`].filter(Boolean).join(", ")],
    ["waiver", text("waived", i)], ["fingerprint", text("fingerprint", i)]];
  place.replaceChildren(el("p", {}, tag(D.severities[C.severity[i]]), " ", el("strong", {}, told(i, "message"))),
    hint ? el("p", { class: "hint" }, `→ ${hint} `, el("span", { class: "dim" }, `(${w("mender " + text("mender", i))})`)) : null,
    el("dl", {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, w(name)), el("dd", {}, value)])));
  const shape = D.shapes[i];
  if (shape) solid(place, shape);
}

// The map ------------------------------------------------------------------------------------
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const map = (() => {
  let view = null, drag = null;
  const metres = 111320;
  const canvas = el("canvas", { id: "map", tabindex: 0, role: "application" });
  const box = () => {
    let a = Infinity, b = Infinity, c = -Infinity, d = -Infinity;
    const add = (x, y) => { if (x < a) a = x; if (y < b) b = y; if (x > c) c = x; if (y > d) d = y; };
    for (let i = 0; i < N; i++) if (C.x[i] !== null) add(C.x[i], C.y[i]);
    if (a === Infinity) for (const ring of D.outline) for (const [x, y] of ring) add(x, y);
    return a === Infinity ? null : [a, b, c, d];
  };
  const fit = (b) => {
    const across = Math.cos((b[1] + b[3]) / 2 * Math.PI / 180);
    const w_ = Math.max((b[2] - b[0]) * across, 2e-4), h = Math.max(b[3] - b[1], 2e-4);
    view = { x: (b[0] + b[2]) / 2, y: (b[1] + b[3]) / 2, across, k: 0.85 * Math.min((canvas.clientWidth || 600) / w_, (canvas.clientHeight || 380) / h) };
  };
  const px = (x, y) => [canvas.clientWidth / 2 + (x - view.x) * view.across * view.k, canvas.clientHeight / 2 - (y - view.y) * view.k];
  function outline(g, i) {
    const s = D.shapes[i], east = metres * Math.cos(s.at[1] * Math.PI / 180);
    for (const part of s.parts) {
      g.beginPath();
      for (let n = 0; n < part.c.length; n += 3) {
        const [x, y] = px(s.at[0] + part.c[n] / 1000 / east, s.at[1] + part.c[n + 1] / 1000 / metres);
        n ? g.lineTo(x, y) : g.moveTo(x, y);
      }
      g.stroke();
    }
  }
  function draw() {
    if (!view) return;
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    canvas.width = width * ratio; canvas.height = height * ratio;
    const g = canvas.getContext("2d");
    g.scale(ratio, ratio); g.fillStyle = css("land"); g.fillRect(0, 0, width, height);
    const step = 10 ** Math.floor(Math.log10(120 / view.k)) * ([1, 2, 5, 10].find((m) => 10 ** Math.floor(Math.log10(120 / view.k)) * m * view.k >= 90) || 10);
    g.strokeStyle = css("grid"); g.fillStyle = css("dim"); g.font = "11px system-ui, sans-serif"; g.lineWidth = 1;
    const [x0, y0] = [view.x - width / 2 / view.k / view.across, view.y - height / 2 / view.k];
    const places = Math.max(0, Math.ceil(-Math.log10(step)));
    for (let x = Math.ceil(x0 / step) * step; px(x, 0)[0] < width; x += step) { const [p] = px(x, 0); g.beginPath(); g.moveTo(p, 0); g.lineTo(p, height); g.stroke(); g.fillText(x.toFixed(places) + "°", p + 3, height - 5); }
    for (let y = Math.ceil(y0 / step) * step; px(0, y)[1] > 0; y += step) { const [, p] = px(0, y); g.beginPath(); g.moveTo(0, p); g.lineTo(width, p); g.stroke(); g.fillText(y.toFixed(places) + "°", 3, p - 3); }
    g.strokeStyle = css("dim"); g.lineWidth = 1.5; g.setLineDash([6, 4]);
    for (const ring of D.outline) { g.beginPath(); ring.forEach(([x, y], n) => { const p = px(x, y); n ? g.lineTo(...p) : g.moveTo(...p); }); g.stroke(); }
    g.setLineDash([]);
    const seen = new Set(), colors = D.severities.map(css);
    for (let s = D.severities.length - 1; s >= 0; s--) {
      g.fillStyle = g.strokeStyle = colors[s]; g.lineWidth = 1.5;
      for (const i of shown) {
        if (C.severity[i] !== s || C.x[i] === null) continue;
        const [x, y] = px(C.x[i], C.y[i]);
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        if (D.shapes[i] && D.shapes[i].parts.length && seen.size < 4000) outline(g, i);
        const key = s * 4e8 + Math.round(x / 2) * 2e4 + Math.round(y / 2);
        if (seen.has(key)) continue;
        seen.add(key); g.beginPath(); g.arc(x, y, 4, 0, 7); g.fill();
      }
    }
    if (chosen >= 0 && C.x[chosen] !== null) {
      const [x, y] = px(C.x[chosen], C.y[chosen]);
      g.strokeStyle = css("text"); g.lineWidth = 2.5;
      if (D.shapes[chosen]) outline(g, chosen);
      g.beginPath(); g.arc(x, y, 10, 0, 7); g.stroke();
    }
    const bar = [1, 2, 5].flatMap((m) => [...Array(8).keys()].map((e) => m * 10 ** e)).sort((a, b) => a - b).find((m) => m / metres * view.k > 60) || 1e7;
    const size = bar / metres * view.k;
    g.strokeStyle = g.fillStyle = css("text"); g.lineWidth = 2;
    g.beginPath(); g.moveTo(width - size - 12, height - 22); g.lineTo(width - 12, height - 22); g.stroke();
    g.fillText(bar >= 1000 ? `${bar / 1000} km` : `${bar} m`, width - size - 12, height - 27);
  }
  const zoom = (by, x, y) => {
    const w_ = canvas.clientWidth / 2, h = canvas.clientHeight / 2, dx = (x ?? w_) - w_, dy = (y ?? h) - h;
    view.x += dx / view.k / view.across * (1 - 1 / by); view.y -= dy / view.k * (1 - 1 / by);
    view.k = Math.min(Math.max(view.k * by, 1), 1e9); draw();
  };
  function pick(x, y) {
    let best = -1, near = 12 * 12;
    for (const i of shown) {
      if (C.x[i] === null) continue;
      const [a, b] = px(C.x[i], C.y[i]), d = (a - x) ** 2 + (b - y) ** 2;
      if (d < near) { near = d; best = i; }
    }
    if (best >= 0) { chosen = best; page = Math.floor(shown.indexOf(best) / limit); list(); detail(); draw(); }
  }
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom(e.deltaY < 0 ? 1.25 : 0.8, e.offsetX, e.offsetY); }, { passive: false });
  canvas.addEventListener("pointerdown", (e) => { drag = [e.offsetX, e.offsetY, 0]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => {
    if (!drag) return;
    const dx = e.offsetX - drag[0], dy = e.offsetY - drag[1];
    if (!drag[2] && Math.abs(dx) + Math.abs(dy) < 4) return;
    view.x -= dx / view.k / view.across; view.y += dy / view.k; drag = [e.offsetX, e.offsetY, 1]; draw();
  });
  canvas.addEventListener("pointerup", (e) => { if (drag && !drag[2]) pick(e.offsetX, e.offsetY); drag = null; });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("keydown", (e) => {
    const by = 40 / view.k, act = { ArrowLeft: () => { view.x -= by / view.across; }, ArrowRight: () => { view.x += by / view.across; },
      ArrowUp: () => { view.y += by; }, ArrowDown: () => { view.y -= by; }, "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: () => fit(box()),
      Enter: () => pick(canvas.clientWidth / 2, canvas.clientHeight / 2) }[e.key];
    if (act) { e.preventDefault(); act(); draw(); }
  });
  return {
    canvas, draw, px: (i) => px(C.x[i], C.y[i]),
    start() { const b = box(); if (b) fit(b); draw(); return b !== null; },
    whole() { fit(box()); draw(); }, zoom,
    fly(i) { if (view && C.x[i] !== null) { view.x = C.x[i]; view.y = C.y[i]; view.k = Math.max(view.k, 4e5); draw(); } },
  };
})();

// The part at fault, in 3D -------------------------------------------------------------------------
function solid(place, shape) {
  const parts = shape.parts.filter((p) => p.c.length >= 3);
  if (!parts.length) return;
  let low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const p of parts) p.c.forEach((v, n) => { const a = n % 3; if (v < low[a]) low[a] = v; if (v > high[a]) high[a] = v; });
  const middle = low.map((v, a) => (v + high[a]) / 2), size = Math.max(1, Math.hypot(...high.map((v, a) => v - low[a])));
  const canvas = el("canvas", { tabindex: 0, role: "img", "aria-label": w("solid") });
  place.append(canvas, el("p", { class: "dim" }, high.map((v, a) => ((v - low[a]) / 1000).toFixed(2)).join(" × ") + " m"));
  let turn = 0.6, tilt = 0.5, drag = null;
  const draw = () => {
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    canvas.width = width * ratio; canvas.height = height * ratio;
    const g = canvas.getContext("2d"), k = 0.85 * Math.min(width, height) / size;
    g.scale(ratio, ratio); g.fillStyle = css("land"); g.fillRect(0, 0, width, height);
    const [ct, st, ci, si] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
    const at = (x, y, z) => {
      const [a, b, c] = [x - middle[0], y - middle[1], z - middle[2]];
      const e = a * ct - b * st, n = a * st + b * ct;
      return [width / 2 + e * k, height / 2 - (n * si + c * ci) * k, n * ci - c * si];
    };
    const faces = parts.map((p) => { const q = []; for (let n = 0; n < p.c.length; n += 3) q.push(at(p.c[n], p.c[n + 1], p.c[n + 2])); return { q, d: p.d, far: q.reduce((s, v) => s + v[2], 0) / q.length }; });
    faces.sort((a, b) => b.far - a.far);
    for (const { q, d } of faces) {
      g.beginPath(); q.forEach(([x, y], n) => n ? g.lineTo(x, y) : g.moveTo(x, y));
      if (d === 2) { g.closePath(); g.globalAlpha = 0.22; g.fillStyle = css("error"); g.fill(); g.globalAlpha = 1; }
      g.strokeStyle = css("error"); g.lineWidth = 1.5; g.stroke();
      g.fillStyle = css("text");
      for (const [x, y] of q) { g.beginPath(); g.arc(x, y, d ? 2 : 5, 0, 7); g.fill(); }
    }
    const [o, u] = [at(low[0], low[1], low[2]), at(low[0], low[1], low[2] + size / 5)];
    g.strokeStyle = css("dim"); g.beginPath(); g.moveTo(o[0], o[1]); g.lineTo(u[0], u[1]); g.stroke(); g.fillStyle = css("dim"); g.fillText("z", u[0] + 3, u[1]);
  };
  canvas.addEventListener("pointerdown", (e) => { drag = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => { if (drag) { turn -= (e.clientX - drag[0]) / 120; tilt = Math.max(-1.5, Math.min(1.5, tilt + (e.clientY - drag[1]) / 120)); drag = [e.clientX, e.clientY]; draw(); } });
  canvas.addEventListener("pointerup", () => { drag = null; });
  canvas.addEventListener("keydown", (e) => { const act = { ArrowLeft: () => { turn += 0.15; }, ArrowRight: () => { turn -= 0.15; }, ArrowUp: () => { tilt += 0.15; }, ArrowDown: () => { tilt -= 0.15; } }[e.key]; if (act) { e.preventDefault(); act(); draw(); } });
  draw();
}

// The page -----------------------------------------------------------------------------------
function speak(language) {
  lang = language; document.documentElement.lang = lang;
  document.title = $("verdict").textContent = say(D.title);
  $("counts").textContent = say(D.counts);
  $("languages").replaceChildren(...LANGS.map((l) => el("button", { type: "button", lang: l, "aria-pressed": String(l === lang), on: { click: () => { history.replaceState(null, "", `#${l}`); speak(l); } } }, NAMES[l])));
  for (const made of document.querySelectorAll("[data-t]")) made.textContent = w(made.dataset.t);
  map.canvas.setAttribute("aria-label", w("map help"));
  $("note").textContent = say(D.note); $("note").hidden = !D.note;
  sections(); controls(); groups(false);
  list(); detail();
}
const made = (key) => el("section", { id: `section-${key}` });
const keys = D.sections.map((s) => s.key), top = keys.filter((k) => ["score", "outcome"].includes(k));
const tools = el("div", { class: "tools" }, ...[["+", () => map.zoom(1.5), "+"], ["−", () => map.zoom(1 / 1.5), "−"], ["⌂", () => map.whole(), "⌂"]].map(
  ([label, act, name]) => el("button", { type: "button", "aria-label": name, on: { click: act } }, label)));
$("main").replaceChildren(...top.filter((k) => k === "score").map(made), el("div", { class: "act" }, made("outcome"),
  el("section", { id: "places" }, el("h2", { "data-t": "where" }),
    el("div", { class: "canvas" }, map.canvas, tools), el("div", { id: "detail", class: "detail", "aria-live": "polite" })),
  el("section", { id: "grouped" }, el("h2", { "data-t": "findings" }), el("div", { id: "groups" }))),
  el("section", { id: "findings" }, el("h2", { "data-t": "each" }), el("p", { id: "note" }), el("div", { id: "filters", class: "filters", role: "search" }),
    el("div", { class: "pager" }), el("div", { class: "scroll" }, el("table", { id: "list" })), el("div", { class: "pager" }),
    el("p", { class: "only-print", id: "printed" })),
  ...keys.filter((k) => !top.includes(k)).map(made));
refilter();
speak(lang);
if (!map.start()) document.querySelector(".canvas").hidden = true;
addEventListener("resize", () => { map.draw(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { map.draw(); detail(); });
const folds = () => [...document.querySelectorAll("details.fold")];
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = folds().filter((d) => !d.open); unfolded.forEach((d) => { d.open = true; });
  groups(true); limit = 500; page = 0; list(); map.draw();
  const left = shown.length - Math.min(shown.length, limit);
  $("printed").textContent = left ? w("more rows", { count: left.toLocaleString("en") }) : "";
});
addEventListener("afterprint", () => { unfolded.forEach((d) => { d.open = false; }); limit = PAGE; groups(false); list(); map.draw(); });
addEventListener("hashchange", () => { const l = location.hash.slice(1); if (LANGS.includes(l)) speak(l); });
window.cimkit = { shown: () => shown.slice(), chosen: () => chosen, rows: N, map, told: (row, key, l) => { const was = lang; lang = l; const said = told(row, key); lang = was; return said; } };
document.documentElement.dataset.ready = "true";
})();
