/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws an audit: problems, the picture, every port.
 *
 * All text comes from outside and goes in as text nodes only, with what could hide or turn it
 * written out. Nothing is loaded but, on a live page, the audit itself from where the page is from.
 */
"use strict";
(() => {
const PROBLEMS_SHOWN = 30, LINES_SHOWN = 40, ROWS_SHOWN = 100;
const SVG = "http://www.w3.org/2000/svg";
const by = (id) => document.getElementById(id);
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/* What a name looks like when nothing in it may hide or turn the line round. */
const plain = (value) => String(value ?? "").replace(HIDDEN,
  (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));

/* An element with attributes and children, which are text unless they are elements. */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {}))
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined)
      node.append(child instanceof Node ? child : plain(child));
  return node;
}

function fill(node, ...children) { node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null)); }

/* A sentence whose commands, between backticks, stand as code. */
const sentence = (text) => String(text ?? "").split("`").map((part, i) => i % 2 ? make("code", {}, part) : plain(part));

const at = (to) => to ? (to.address && /^[0-9a-f:.]*:[0-9a-f:.]*$/.test(to.address) ? `[${to.address}]` : to.address || "") +
  (to.port ? ":" + to.port : "") : "";

const PATHS = {
  published: "published", direct: "directly", loopback: "loopback over the wire",
  proxy: "through the userland proxy", ingress: "Swarm's mesh", host: "a socket of the host",
  l2: "its own link", redirect: "a redirect", broadcast: "broadcast or multicast", web: "through a web proxy",
};

/* A way through a web proxy in the shape of a way in: the proxy stands where an address would. */
function proxied_way(endpoint, way, findings) {
  const open = way.guard ? [] : findings.filter((f) => f.kind === "relay" && f.endpoint === endpoint.id);
  return { endpoint, web: way, findings: open, bad: open.length > 0, reach: {
    path: "web", zone: way.who.startsWith("anyone") ? "world" : way.who, sources: [], problem: null,
    to: { address: way.proxy + (way.container ? " in " + way.container : ""), port: 0 } } };
}

let model = null, all_problems = false, all_lines = false, all_rows = false, chosen = null;

/* An audit made ready: ways in with their endpoints and findings, and the text to search. */
function prepare(audit) {
  const found = new Map(), ways = [], rows = [];
  for (const finding of audit.findings)
    if (!found.has(finding.problem)) found.set(finding.problem, finding);
  for (const endpoint of audit.endpoints) {
    const row = { endpoint, ways: [], bad: false };
    for (const reach of endpoint.reach) {
      const bad = reach.problem !== null, finding = found.get(reach.problem);
      const one = { endpoint, reach, findings: finding ? [finding] : [], bad };
      row.ways.push(one);
      row.bad = row.bad || one.bad;
      ways.push(one);
    }
    for (const way of endpoint.proxied || []) {
      if (!way.who) continue;
      const one = proxied_way(endpoint, way, audit.findings);
      row.ways.push(one);
      row.bad = row.bad || one.bad;
      ways.push(one);
    }
    rows.push(row);
  }
  rows.sort((a, b) => b.bad - a.bad);
  return { audit, rows, ways, zones: [...new Set(ways.map((w) => w.reach.zone || "?"))].sort() };
}

/* What of a row is searched, made when it is first asked for. */
function words_of(row) {
  const endpoint = row.endpoint;
  return row.text ||= JSON.stringify([endpoint.id, endpoint.container, endpoint.project, endpoint.service,
    endpoint.image, endpoint.network, endpoint.published.map((p) => p.host_address + ":" + p.host_port),
    row.ways.map((w) => [w.reach.zone, w.reach.in, w.reach.path, at(w.reach.to), w.reach.sources,
      w.web && [w.web.names, w.web.location, w.web.file, w.web.guard], w.reach.rule && w.reach.rule.text, w.findings.map((f) => f.why)])]).toLowerCase();
}

/* Which rows, and of them which ways, the controls leave. */
function selection() {
  const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const zone = by("zone").value, only = by("only").checked, left = [];
  for (const row of model.rows) {
    if (only && !row.bad || !words.every((w) => words_of(row).includes(w))) continue;
    const ways = row.ways.filter((w) => (!zone || (w.reach.zone || "?") === zone) && (!only || w.bad));
    if (zone && !ways.length) continue;
    left.push({ row, ways });
  }
  return left;
}

function head(audit) {
  const host = audit.host, engine = host.engine || {}, rows = new Set();
  let low = 0;
  for (const finding of audit.findings) rows.add(finding.problem);
  document.title = "Seawall: " + plain(host.name);
  fill(by("host"), plain(host.name));
  fill(by("about"), plain([engine.kind ? `${engine.kind} ${engine.version || ""}` : "no container engine",
    "Linux " + (host.kernel || "?"), audit.firewall].filter(Boolean).join(" \u00b7 ")));
  const verdict = by("verdict"), missing = audit.incomplete.length, proved = audit.proof.packets > 0;
  verdict.className = rows.size ? "bad" : missing || !proved ? "warn" : "good";
  fill(verdict, rows.size ? `${rows.size} open, not meant` : missing ? "not everything is known" :
    proved ? "nothing is open that was not meant" : "nothing was proved");
  by("unknown").hidden = !missing;
  fill(by("unknown-list"), audit.incomplete.map((text) => make("li", {}, text)));
  const count = (n) => n.toLocaleString("en");
  fill(by("proof"), proved ? `Proved with ${count(audit.proof.packets)} packets in ${Math.max(audit.proof.seconds, 0.1).toFixed(1)} s; ` +
    `rules and kernel ${audit.proof.disagree ? `disagree on ${count(audit.proof.disagree)}` : "agree on all of them"}.` +
    " What a router or provider firewall in front blocks is not known." : "No packet was sent.");
}

/* A problem's card. */
function card(finding) {
  const mechanism = finding.mechanism && finding.mechanism !== "-" ? ", " + finding.mechanism : "";
  return make("li", { class: finding.severity === "low" ? "low" : null },
    make("p", {}, make("strong", {}, `${finding.problem}. `, make("bdi", {}, finding.subject)), finding.who || "",
      make("span", { class: "severity" }, finding.severity + mechanism)),
    make("p", {}, sentence(finding.why)),
    finding.fix ? make("p", { class: "mend" }, "Mend: ", sentence(finding.fix)) : null);
}

/* The problems as a person counts them: the first finding of each speaks for all. */
function problems(audit) {
  const firsts = new Map();
  for (const finding of audit.findings)
    if (!firsts.has(finding.problem)) firsts.set(finding.problem, finding);
  const list = [...firsts.values()];
  by("more-problems").hidden = list.length <= PROBLEMS_SHOWN;
  fill(by("more-problems"), all_problems ? "Show fewer" : `Show all ${list.length} problems`);
  if (!list.length)
    fill(by("problems"), make("li", { class: "low" }, audit.proof.packets > 0 && !audit.incomplete.length
      ? "None: who gets in is who was meant to." : "None was found, but not everything could be looked at."));
  else fill(by("problems"), (all_problems ? list : list.slice(0, PROBLEMS_SHOWN)).map(card));
}

/* One way in, in full. */
function describe(one) {
  const { reach, endpoint, findings } = one, rule = reach.rule, proof = reach.proof;
  const term = (name, ...value) => value.flat(Infinity).filter((v) => v !== null && v !== "").length
    ? [make("dt", {}, name), make("dd", {}, ...value)] : [];
  if (one.web) return make("dl", {},
    term("Container", make("bdi", {}, endpoint.container), ` ${endpoint.port}/${endpoint.proto}`),
    term("Proxy", make("bdi", {}, reach.to.address), ` on ${one.web.listens.map(at).join(", ")}`),
    term("Names", one.web.names.length ? one.web.names.join(", ") : "any name"),
    term("Location", one.web.location),
    term("Who", one.web.who),
    term("Asks for", one.web.guard ? `${one.web.guard} (${one.web.by})` : make("span", { class: one.bad ? "bad-text" : "" }, "nothing")),
    term("Let in by address", one.web.allowed.join(", ")),
    term("Certainty", one.web.guess),
    term("Where it says so", one.web.file ? `${one.web.file}:${one.web.line}` : null),
    findings.map((f) => [term("Why", sentence(f.why)), f.fix ? term("Mend", sentence(f.fix)) : []]));
  return make("dl", {},
    term("Container", make("bdi", {}, endpoint.container), ` ${endpoint.port || "every port"}/${endpoint.proto}`),
    term("Verdict", one.bad ? make("span", { class: "bad-text" }, "not meant") : make("span", { class: "good-text" }, "as meant, or accepted")),
    term("Who", (reach.sources || []).slice(0, 12).join(", ") + (reach.sources.length > 12 ? ", \u2026" : "")),
    term("From", `zone ${reach.zone || "?"}${reach.in ? ", in by " + reach.in : ""}`),
    term("To", at(reach.to) + "/" + endpoint.proto),
    term("Path", PATHS[reach.path] || reach.path),
    term("Meant for", endpoint.intent.map((i) => `${i.zone || i.source} (${i.from})`).join(", ") || "nobody outside"),
    term("Rule", rule ? [make("code", {}, rule.text || `${rule.table} ${rule.chain}`), ` ${rule.family} ${rule.table} ${rule.chain}` +
      (rule.handle ? ` handle ${rule.handle}` : rule.line ? ` line ${rule.line}` : "") + (rule.owner ? `, ${rule.owner}'s` : "")] : null),
    term("Certainty", reach.certainty === "must" ? "all of them get in" : "some do, or something decides that is not known" + ((reach.unknown || []).length ? ": " + reach.unknown.join("; ") : "")),
    term("Proof", proof ? `${proof.arrived} of ${proof.sent} packets arrived ${proof.where === "live" ? "on this host" : "in a copy of this host"}` +
      (proof.agrees ? "; the rules say the same" : "; the rules say otherwise") : "no packet was sent"),
    findings.map((f) => [term("Why", sentence(f.why)), f.fix ? term("Mend", sentence(f.fix)) : []]));
}

function open_detail(title, ways, from) {
  chosen = from || null;
  fill(by("detail-title"), plain(title));
  fill(by("detail-body"), ways.slice(0, 50).map(describe),
    ways.length > 50 ? make("p", {}, `and ${ways.length - 50} more`) : null);
  by("detail").hidden = false;
  by("detail-title").focus();
}

/* The line that was drawn anew in another's place, when the page changed its size. */
function line_like(line) {
  const label = line.getAttribute("aria-label");
  return label && [...by("lines").children].find((g) => g.getAttribute("aria-label") === label);
}

function close_detail() {
  if (by("detail").hidden) return;
  by("detail").hidden = true;
  const from = chosen && (chosen.isConnected ? chosen : line_like(chosen));
  if (from) from.focus();
}

/* The nodes of the picture and the lines between them. */
function picture(left) {
  const shown = all_lines ? left : left.slice(0, LINES_SHOWN), edges = new Map();
  const zones = new Map(), addresses = new Map(), boxes = [];
  const node = (map, name, bad) => { map.set(name, (map.get(name) || false) || bad); return name; };
  const edge = (from, to, path, one) => {
    const key = from.join("\n") + "\n\n" + to.join("\n") + "\n\n" + path;
    if (!edges.has(key)) edges.set(key, { from, to, path, ways: [], bad: false });
    const e = edges.get(key);
    e.ways.push(one);
    e.bad = e.bad || one.bad;
  };
  shown.forEach(({ row, ways }, index) => {
    const endpoint = row.endpoint;
    for (const one of ways) {
      const zone = node(zones, one.reach.zone || "?", one.bad), target = one.reach.to && one.reach.to.address;
      if (!target || target === endpoint.address) edge(["z", zone], ["c", index], one.reach.path, one);
      else {
        node(addresses, target, one.bad);
        edge(["z", zone], ["a", target], "", one);
        edge(["a", target], ["c", index], one.reach.path, one);
      }
    }
    boxes.push(make("div", { class: "node" + (ways.some((w) => w.bad) ? " bad" : ""), "data-key": "c\n" + index },
      make("bdi", {}, endpoint.container), ` ${endpoint.port || "every port"}/${endpoint.proto}`,
      make("small", {}, [endpoint.project, endpoint.address].filter(Boolean).join(" \u00b7 "))));
  });
  const column = (id, title, items) => fill(by(id), make("h3", {}, title), items);
  const nodes = (map, kind) => [...map].sort().map(([name, bad]) =>
    make("div", { class: "node" + (bad ? " bad" : ""), "data-key": kind + "\n" + name }, make("bdi", {}, name)));
  column("zones", "From", nodes(zones, "z"));
  column("addresses", "Addressed to", nodes(addresses, "a"));
  column("containers", "Container", boxes);
  by("more").hidden = left.length <= LINES_SHOWN;
  fill(by("more"), all_lines ? "Show fewer" : `Show all ${left.length} ports in the picture`);
  lines([...edges.values()]);
}

let drawn = [];
function lines(edges) { drawn = edges; place(); }

function place() {
  const stage = by("stage").getBoundingClientRect(), nodes = new Map(), groups = [];
  for (const node of by("stage").querySelectorAll(".node")) nodes.set(node.dataset.key, node.getBoundingClientRect());
  drawn.sort((a, b) => a.bad - b.bad);
  for (const e of drawn) {
    const a = nodes.get(e.from.join("\n")), b = nodes.get(e.to.join("\n"));
    if (!a || !b) continue;
    const x1 = a.right - stage.left, y1 = a.top + a.height / 2 - stage.top;
    const x2 = b.left - stage.left, y2 = b.top + b.height / 2 - stage.top, bend = Math.max(30, (x2 - x1) / 2.4);
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const group = document.createElementNS(SVG, "g"), first = e.ways[0];
    const name = (key) => key[0] === "c" ? first.endpoint.container + " " + first.endpoint.port : key[1];
    const label = plain(`${name(e.from)} to ${name(e.to)}${e.path ? ", " + (PATHS[e.path] || e.path) : ""}: ${e.bad ? "not meant" : "as meant"}`);
    for (const kind of [e.bad ? "bad" : "good", "wide"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", d);
      path.setAttribute("class", kind);
      group.append(path);
    }
    const title = document.createElementNS(SVG, "title");
    title.textContent = label;
    group.prepend(title);
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", label);
    const show = () => open_detail(label, [...e.ways].sort((p, q) => q.bad - p.bad), group);
    group.addEventListener("click", show);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); }
    });
    groups.push(group);
  }
  const focused = by("lines").contains(document.activeElement) ? document.activeElement : null;
  by("lines").replaceChildren(...groups);
  if (focused) line_like(focused)?.focus();
}

/* A port's row of the table. */
function table_row(row) {
  const endpoint = row.endpoint, zones = new Map();
  for (const one of row.ways) {
    const zone = one.reach.zone || "?";
    if (!zones.has(zone)) zones.set(zone, []);
    zones.get(zone).push(one);
  }
  const buttons = [...zones].map(([zone, ways]) => make("button", { type: "button", class: ways.some((w) => w.bad) ? "bad" : null,
    click: (event) => open_detail(`${zone} to ${endpoint.container} ${endpoint.port}/${endpoint.proto}`, ways, event.currentTarget) },
    zone + (ways.some((w) => w.bad) ? " (not meant)" : "")));
  return make("tr", {}, make("td", {}, make("bdi", {}, endpoint.container)), make("td", {}, `${endpoint.port || "every port"}/${endpoint.proto}`),
    make("td", {}, endpoint.published.map((p) => at({ address: p.host_address, port: p.host_port })).join(", ") || "\u2013"),
    make("td", {}, endpoint.intent.map((i) => i.zone || i.source).join(", ") || "\u2013"),
    make("td", {}, buttons.length ? buttons : "nobody from outside"));
}

/* The table has only as many rows as a person reads: laying out thousands is what a page is slow by. */
function table(left) {
  fill(by("rows"), (all_rows ? left : left.slice(0, ROWS_SHOWN)).map(({ row }) => row.node ||= table_row(row)));
  by("none").hidden = left.length > 0;
  by("more-rows").hidden = left.length <= ROWS_SHOWN;
  fill(by("more-rows"), all_rows ? "Show fewer" : `Show all ${left.length} ports`);
}

function update() {
  const left = selection();
  table(left);
  picture(left);
}

function show(audit) {
  const zone = by("zone").value;
  model = prepare(audit);
  head(audit);
  problems(audit);
  fill(by("zone"), make("option", { value: "" }, "every zone"),
    model.zones.map((name) => make("option", { value: name, selected: name === zone ? "" : null }, name)));
  update();
}

/* What the guard remembers, on a live page: the latest first. */
function memory(state) {
  const lines = (id, list, words) => fill(by(id), (list || []).slice(0, 100).map((entry) =>
    make("li", {}, make("time", {}, (entry.last || entry.time || "").replace("T", " ").replace("Z", "")), words(entry))), list && list.length
    ? null : make("li", {}, "nobody"));
  const history = state.history && state.history.log, known = history || state.visits || state.knocks;
  by("memory").hidden = !known;
  if (!known) return;
  lines("changes", (history || []).slice().reverse(), (e) => e.text ||
    [e.kind, e.container, e.to ? "at " + at(e.to) : "", e.zone ? "for " + e.zone : "", e.rule ? "by " + e.rule : ""].filter(Boolean).join(" "));
  lines("visits", state.visits && state.visits.visits, (e) =>
    `${e.source} reached ${e.container || e.endpoint} at ${at(e.to)}/${e.proto}, ${PATHS[e.path] || e.path}, ${e.flows} times`);
  lines("knocks", state.knocks && state.knocks.knocks, (e) => `${e.source} at ${at(e.to)}/${e.proto}, ${e.packets} packets`);
}

/* Shows a document: an audit, or on a live page one with what is around it. */
function take(state) {
  if (state.live) by("live").hidden = false;
  if (state.failed) {
    fill(by("live"), "The last look at this host failed: what is shown, if anything, is old.");
    by("verdict").className = "warn";
    fill(by("verdict"), "not known: the last look failed");
    return;
  }
  if (state.live && !state.audit) fill(by("live"), "The first look at this host is under way.");
  if (state.live && state.made) fill(by("live"), "Looked at " + state.made.replace("T", " "));
  if (state.live) memory(state);
  if (state.audit || !state.live) show(state.audit || state);
}

/* Asks for more whenever the other side says that there is. */
function follow() {
  const source = new EventSource("events");
  const fetch_state = () => fetch("state.json").then((answer) => answer.json()).then(take);
  source.addEventListener("audit", fetch_state);
  source.addEventListener("open", fetch_state);
  source.addEventListener("error", () => fill(by("live"), "The connection is lost; what is shown may be old. Trying again."));
}

let pending = 0;
const soon = (what) => { cancelAnimationFrame(pending); pending = requestAnimationFrame(what); };
for (const [id, event] of [["search", "input"], ["zone", "change"], ["only", "change"]])
  by(id).addEventListener(event, () => model && update());
by("more-problems").addEventListener("click", () => { all_problems = !all_problems; problems(model.audit); });
by("more").addEventListener("click", () => { all_lines = !all_lines; update(); });
by("more-rows").addEventListener("click", () => { all_rows = !all_rows; update(); });
by("close").addEventListener("click", close_detail);
by("theme").addEventListener("click", () => {
  const next = { undefined: "dark", dark: "light", light: undefined }[document.documentElement.dataset.theme];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close_detail();
  else if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    by("search").focus();
  }
});
new ResizeObserver(() => soon(() => model && place())).observe(by("stage"));
by("picture").addEventListener("scroll", () => soon(place), { passive: true });
const first = JSON.parse(by("data").textContent);
take(first);
if (first.live) follow();
})();
