"use strict";
// The page of who may talk to whom. Every word of the facts becomes text, never HTML: policies and pods are
// written by others. A view is an address after "#", so links, the keyboard and "back" work as anywhere.
const facts = JSON.parse(document.getElementById("facts").textContent);
const at = (id) => document.getElementById(id);
const MOST_ROWS = 300;
const MOST_NAMES = 12;
const WORDS = {
  allowed: "allowed", denied: "denied", unknown: "not known",
  opens: "opens", closes: "closes", changes: "changes",
};

// ---- Facts ----
const members = facts.sets.map((ranges) => {
  const found = new Set();
  for (const [first, last] of ranges) for (let each = first; each <= last; each += 1) found.add(each);
  return found;
});
const sideNumbers = new Map(facts.sides.map((side, number) => [side.name, number]));
const boxMembers = (number) => members[facts.boxes[number].sides];
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function boxName(number, without) {
  const box = facts.boxes[number];
  const sides = [...members[box.sides]].filter((each) => each !== without);
  if (box.kind === "cluster") return `every namespace (${plural(sides.length, "workload")})`;
  if (box.kind === "part") return `${plural(sides.length, "workload")} of the cluster`;
  if (box.kind === "namespace") {
    return `all of ${facts.sides[sides[0] ?? without].namespace} (${plural(sides.length, "workload")})`;
  }
  const names = sides.slice(0, 3).map((each) => facts.sides[each].name).join(", ");
  return sides.length > 3 ? `${names} and ${sides.length - 3} more` : names || facts.sides[without].name;
}

/** The sides that an arrow leads to from a side, or comes from; empty if it is not about the side. */
function others(arrow, side, outgoing) {
  const [own, other] = outgoing ? [arrow.source, arrow.destination] : [arrow.destination, arrow.source];
  if (!boxMembers(own).has(side)) return [];
  const found = [...boxMembers(other)];
  if (arrow.among === "own") return [side];
  if (arrow.among === "others") return found.filter((each) => each !== side);
  return found;
}

// ---- Filters ----
/** "443", "UDP 53" or "8000-8080" as a test of spans; null for text that is no port. */
function portTest(text) {
  const match = /^\s*(?:([a-z][a-z0-9]*)[\s/]*)?(?:(\d{1,5})(?:\s*-\s*(\d{1,5}))?)?\s*$/i.exec(text);
  if (!match) return null;
  const [, protocol, from, to] = match;
  const first = from === undefined ? 0 : Number(from);
  const last = from === undefined ? 65535 : Number(to ?? from);
  return (spans) => spans === null || spans.some(
    ([name, low, high]) => (!protocol || name.toUpperCase() === protocol.toUpperCase())
      && low <= last && first <= high);
}

function filters() {
  const text = at("port").value;
  const test = portTest(text);
  at("port").setAttribute("aria-invalid", String(test === null));
  return { namespace: at("namespace").value, port: text.trim() && test ? test : null };
}

const passesPort = (says, chosen) => !chosen.port || says.some((each) => chosen.port(each.spans));
const inNamespace = (side, chosen) => !chosen.namespace || facts.sides[side].namespace === chosen.namespace;
