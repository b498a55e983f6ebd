// What the page shows; lookup.js stands before it in the same script.

// ---- Elements ----
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}
const sideAddress = (side) => `#/side/${encodeURIComponent(facts.sides[side].name)}`;
const sideLink = (side) => element("a", { href: sideAddress(side) }, facts.sides[side].name);
const list = (items) => element("ul", { class: "plain" }, ...items.map((each) => element("li", {}, each)));
const word = (verdict) => element("span", { class: `word ${verdict}` }, WORDS[verdict]);
const saysText = (says) => says.map((each) => (each.only ? `${each.ports} only ${each.only}` : each.ports));

/** A row that opens; what is inside is made when it first opens. */
function row(verdict, title, says, inside) {
  const made = element("details", { class: `is-${verdict}` },
    element("summary", {}, word(verdict), " ", title,
      ...saysText(says).map((text) => element("span", { class: "ports" }, ` ${text}`))));
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(element("div", {}, ...inside()));
  });
  return made;
}

/** Rows, the first of them now and the others on request. */
function rows(made) {
  const holder = element("div", {});
  function more() {
    const shown = holder.querySelectorAll("details").length;
    holder.append(...made.slice(shown, shown + MOST_ROWS).map((make) => make()));
    const left = made.length - shown - MOST_ROWS;
    if (left > 0) {
      const button = element("button", { type: "button" }, `Show more (${left} left)`);
      button.addEventListener("click", () => { button.remove(); more(); });
      holder.append(button);
    }
  }
  more();
  return holder;
}

// ---- Rules behind an arrow ----
const RULE_WORDS = {
  allow: ["allows", "allow"], deny: ["denies", "deny"], accept: ["accepts", "accept"],
  pass: ["passes on to later policies", "pass on to later policies"],
};
const may = (sure, possible, sides) => sides.some((each) => members[sure].has(each) || members[possible].has(each));
const surely = (sure, sides) => sides.some((each) => members[sure].has(each));

function overlap(rule, says) {
  return rule.says.some((one) => one.spans === null || says.some((other) => other.spans.some(
    ([name, low, high]) => one.spans.some(([own, from, to]) => own === name && from <= high && low <= to))));
}

function rulesBetween(sources, destinations, says) {
  const found = [];
  for (const rule of facts.rules) {
    const [subjects, peers] = rule.direction === "egress" ? [sources, destinations] : [destinations, sources];
    if (!may(rule.subjects, rule.possibleSubjects, subjects)) continue;
    if (!may(rule.peers, rule.possiblePeers, peers) || !overlap(rule, says)) continue;
    found.push([rule, surely(rule.subjects, subjects) && surely(rule.peers, peers)]);
  }
  return found;
}

function ruleText([rule, sure]) {
  const does = RULE_WORDS[rule.action];
  return element("span", {}, element("code", {}, `${rule.policy} ${rule.path}`),
    rule.tier ? ` (${rule.tier})` : "", ` ${sure ? does[0] : `may ${does[1]}`} ${saysText(rule.says).join("; ")}`);
}

function behind(arrow, sources, destinations) {
  const found = [];
  if (arrow.missing.length) {
    found.push(element("p", { class: "unknown" }, `It depends on ${arrow.missing.join(" and ")}, which no file describes.`));
  }
  const rules = rulesBetween(sources, destinations, arrow.says);
  const sections = [["egress", "Rules for who begins"], ["ingress", "Rules for who is reached"]];
  for (const [direction, title] of sections) {
    const own = rules.filter(([rule]) => rule.direction === direction);
    found.push(element("h3", {}, title), own.length ? list(own.map(ruleText))
      : element("p", { class: "soft" }, direction === "egress"
        ? "No rule: it is outside, or no policy isolates it for egress."
        : "No rule: it is outside, or no policy isolates it for ingress."));
  }
  return found;
}

function names(sides) {
  const shown = sides.slice(0, MOST_NAMES).map(sideLink);
  const more = sides.length - shown.length;
  const holder = element("div", {}, list(shown));
  if (more > 0) {
    const button = element("button", { type: "button" }, `All ${sides.length}`);
    button.addEventListener("click", () => holder.replaceChildren(list(sides.map(sideLink))));
    holder.append(button);
  }
  return holder;
}

// ---- Views ----
function showAll() {
  const chosen = filters();
  const found = facts.arrows.filter((arrow) => passesPort(arrow.says, chosen)
    && [arrow.source, arrow.destination].some((box) => [...boxMembers(box)].some((one) => inNamespace(one, chosen))));
  return [
    element("h2", {}, "All arrows"),
    element("p", { class: "soft" }, `${plural(found.length, "arrow")} of ${facts.arrows.length}. `
      + "Sides that policies cannot tell apart share an arrow; open a row for the rules behind it."),
    rows(found.map((arrow) => () => {
      const [sources, destinations] = [[...boxMembers(arrow.source)], [...boxMembers(arrow.destination)]];
      const title = arrow.source === arrow.destination
        ? `${boxName(arrow.source)} among themselves` : `${boxName(arrow.source)} → ${boxName(arrow.destination)}`;
      return row(arrow.verdict, title, arrow.says, () => [
        element("h3", {}, "From"), names(sources), element("h3", {}, "To"), names(destinations),
        ...behind(arrow, sources, destinations)]);
    })),
  ];
}

function arrowsOf(side, outgoing, chosen) {
  const made = [];
  for (const arrow of facts.arrows) {
    const peers = others(arrow, side, outgoing);
    if (!peers.length || !passesPort(arrow.says, chosen) || !peers.some((each) => inNamespace(each, chosen))) continue;
    const box = outgoing ? arrow.destination : arrow.source;
    const title = arrow.among === "own" ? "its own pods" : boxName(box, arrow.among ? side : undefined);
    made.push(() => row(arrow.verdict, title, arrow.says, () => [
      names(peers), ...(outgoing ? behind(arrow, [side], peers) : behind(arrow, peers, [side]))]));
  }
  return made;
}

function openText(side, outgoing) {
  const { namespace, open, butDenied, hostNetwork } = facts.sides[side];
  const [own, other] = outgoing ? ["egress", "ingress"] : ["ingress", "egress"];
  if (namespace !== null && !open.includes(own)) return null;
  const count = facts.sides.filter((each) => each.namespace !== null && each.open.includes(other)).length;
  const why = hostNetwork ? "Policies do not hold on a node's network" : namespace === null ? "It is no pod"
    : `No policy isolates it for ${own}`;
  const whom = outgoing ? "it reaches everything that is open for ingress" : "everything that is open for egress reaches it";
  const but = butDenied.includes(own) ? ", but for what an arrow denies" : "";
  return `${why}: ${whom}, without an arrow${but}: ${plural(count, "workload")} here.`;
}

function isolation(side) {
  const found = facts.rules.filter((rule) => rule.isolates && may(rule.subjects, rule.possibleSubjects, [side]));
  const texts = new Set(found.map((rule) => `${rule.policy} isolates it for ${rule.direction}`
    + (members[rule.subjects].has(side) ? "" : ", if it selects it")));
  return [...texts];
}

function showSide(name) {
  const side = sideNumbers.get(name);
  if (side === undefined) return [element("h2", {}, name), element("p", {}, "The page has no such side.")];
  const chosen = filters();
  const { open, butDenied, hostNetwork, described, world, namespace } = facts.sides[side];
  const tags = [];
  const openTag = (each) => `open ${each === "egress" ? "out" : "in"}${butDenied.includes(each) ? " but for denials" : ""}`;
  if (namespace !== null && !hostNetwork) tags.push(...open.map(openTag));
  if (hostNetwork) tags.push("on the node's network");
  if (!described) tags.push("not in the files");
  if (world) tags.push("outside the cluster");
  const parts = [element("h2", {}, name), element("p", {}, ...tags.map((tag) => element("span", { class: "tag" }, tag)))];
  for (const [outgoing, title] of [[false, "May be reached by"], [true, "May reach"]]) {
    const made = arrowsOf(side, outgoing, chosen);
    const opened = openText(side, outgoing);
    parts.push(element("h3", {}, `${title} (${plural(made.length, "arrow")})`));
    if (opened) parts.push(element("p", { class: "soft" }, opened));
    parts.push(made.length ? rows(made)
      : element("p", { class: "soft" }, chosen.port || chosen.namespace ? "No arrow passes the filters." : "No arrow."));
  }
  const changed = changesOf(name, chosen);
  if (changed.length) parts.push(element("h3", {}, "What changes for it"), rows(changed.map(changeRow)));
  const isolating = isolation(side);
  if (isolating.length) parts.push(element("h3", {}, "What isolates it"), list(isolating));
  return parts;
}

function changesOf(name, chosen) {
  return (facts.changes || []).filter((change) => passesPort(change.says, chosen)
    && (!name || change.sourceSides.includes(name) || change.destinationSides.includes(name))
    && (name || !chosen.namespace || [...change.sourceSides, ...change.destinationSides].some(
      (each) => facts.sides[sideNumbers.get(each)]?.namespace === chosen.namespace)));
}

function changeRow(change) {
  const title = `${change.sources.join(", ")} → ${change.destinations.join(", ")}`;
  const places = (rules) => (rules.length
    ? list(rules.map((each) => element("code", {}, `${each.policy} ${each.path}`)))
    : element("p", { class: "soft" }, "No rule."));
  return () => row(change.kind, title, change.says, () => [
    element("h3", {}, `Before: ${change.before}`), places(change.rulesBefore),
    element("h3", {}, `After: ${change.after}`), places(change.rulesAfter)]);
}

function showChanges() {
  const found = changesOf("", filters());
  const parts = [element("h2", {}, "What changes"),
    element("p", { class: "soft" }, facts.changes.length ? `${plural(found.length, "change")} of ${facts.changes.length}.`
      : "Nothing changes: what passes is the same before and after."),
    rows(found.map(changeRow))];
  if (facts.notCompared.length) parts.push(element("h3", {}, "Not compared"), list(facts.notCompared));
  return parts;
}

const showNotDrawn = () => [
  element("h2", {}, "Not shown"),
  element("p", { class: "soft" }, "What these rules mean is in no arrow of this page:"), list(facts.notShown)];

// ---- The page ----
function fillSides() {
  const text = at("search").value.trim().toLowerCase();
  const chosen = filters();
  const found = facts.sides.map((_, number) => number).filter((number) => inNamespace(number, chosen)
    && facts.sides[number].name.toLowerCase().includes(text));
  at("sides").replaceChildren(...found.map((side) => element("li", {}, sideLink(side))));
  at("found").textContent = `${found.length} of ${plural(facts.sides.length, "side")}`;
  markCurrent();
}

function view() {
  const [, kind, name] = /^#\/([a-z-]+)(?:\/(.*))?$/.exec(location.hash) || [null, "all"];
  if (kind === "side") return { id: null, parts: showSide(safelyDecoded(name)) };
  if (kind === "changes" && facts.changes) return { id: "to-changes", parts: showChanges() };
  if (kind === "not-drawn" && facts.notShown.length) return { id: "to-not-drawn", parts: showNotDrawn() };
  return { id: "to-all", parts: showAll() };
}

function safelyDecoded(text) {
  try { return decodeURIComponent(text || ""); } catch { return text; }
}

function markCurrent() {
  for (const link of document.querySelectorAll("nav a, #sides a")) {
    const here = link.getAttribute("href") === (location.hash || "#/all");
    if (here) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
}

function show() {
  at("main").replaceChildren(...view().parts);
  at("main").scrollTop = 0;
  markCurrent();
}

function moveFocus(event) {
  const links = [...at("sides").querySelectorAll("a")];
  const place = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "/" && !/INPUT|SELECT/.test(document.activeElement.tagName)) {
    event.preventDefault();
    at("search").focus();
  } else if (event.key === "Escape" && document.activeElement === at("search")) {
    at("search").value = "";
    fillSides();
  } else if (event.key === "Enter" && document.activeElement === at("search") && links.length) {
    location.hash = links[0].getAttribute("href");
  } else if (step && (place >= 0 || document.activeElement === at("search"))) {
    event.preventDefault();
    (links[place + step] || (step < 0 ? at("search") : links[links.length - 1]))?.focus();
  }
}

const workloads = facts.sides.filter((side) => side.namespace !== null);
const namespaces = [...new Set(workloads.map((side) => side.namespace))].sort();
at("summary").textContent = `${plural(workloads.length, "workload")} in ${plural(namespaces.length, "namespace")}, `
  + `${plural(facts.arrows.length, "arrow")}` + (facts.changes ? `, ${plural(facts.changes.length, "change")}` : "") + ".";
at("namespace").append(...namespaces.map((name) => element("option", { value: name }, name)));
at("to-changes").hidden = !facts.changes;
at("to-not-drawn").hidden = !facts.notShown.length;
at("search").addEventListener("input", fillSides);
for (const id of ["namespace", "port"]) at(id).addEventListener("input", () => { fillSides(); show(); });
addEventListener("hashchange", () => { show(); at("main").focus(); });
document.addEventListener("keydown", moveFocus);
fillSides();
show();
