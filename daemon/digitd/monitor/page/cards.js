// What was heard: a card for each utterance, the newest first, and a word about it for who does not see.

import { bytes, paint } from "./colours.js";

const KEPT = 40;

export class Cards {
  constructor(list, nothing, announcer) {
    this.list = list;
    this.nothing = nothing;
    this.announcer = announcer;
    this.known = new Set();
  }

  // After a reconnection the last ones are told again. Returns the card of one that is new.
  add(utterance, { aloud }) {
    if (this.known.has(utterance.id)) return null;
    this.known.add(utterance.id);
    const made = card(utterance);
    this.list.prepend(made);
    while (this.list.children.length > KEPT) {
      this.known.delete(this.list.lastElementChild.dataset.id);
      this.list.lastElementChild.remove();
    }
    this.nothing.hidden = true;
    if (utterance.accepted && aloud) this.announcer.textContent = spoken(utterance);
    return made;
  }
}

function spoken({ name, top }) {
  return top.length ? `heard ${name}, ${percent(top[0][1])}` : `heard ${name}`;
}

function card(utterance) {
  const { id, at, name, accepted, picture } = utterance;
  const item = element("li", accepted ? "card accepted" : "card rejected");
  item.dataset.id = id;
  item.dataset.name = name ?? "";
  item.append(
    picture ? drawing(picture, name) : element("div", "picture none"),
    element("p", "name", name ?? "–"),
    time(at),
    element("p", "verdict", accepted ? "acted on" : "ignored"),
    scores(utterance),
    element("p", "facts", facts(utterance)),
  );
  return item;
}

function time(at) {
  const made = element("time", "", new Date(at).toLocaleTimeString());
  made.dateTime = at;
  return made;
}

function scores({ top, needed, name }) {
  const list = element("ul", "scores");
  list.setAttribute("aria-label", "best scores");
  for (const [label, value] of top) {
    const row = element("li", label === name ? "best" : "");
    const bar = element("span", "bar");
    const filled = element("span", "filled");
    filled.style.width = percent(value);
    bar.append(filled);
    if (label === name && needed !== null) {
      const mark = element("span", "needed");
      mark.style.left = percent(needed);
      mark.title = `acted on from ${needed.toFixed(2)}`;
      bar.append(mark);
    }
    bar.setAttribute("aria-hidden", "true");
    row.append(element("span", "label", label), bar, element("span", "value", value.toFixed(2)));
    list.append(row);
  }
  return list;
}

function facts({ reason, needed, onset_s, offset_s, level_dbfs, floor_dbfs }) {
  const parts = [`${Math.round(1000 * (offset_s - onset_s))} ms`];
  parts.push(`${Math.round(level_dbfs - floor_dbfs)} dB above the room`);
  if (reason?.startsWith("below") && needed !== null) parts.unshift(`${reason} ${needed.toFixed(2)}`);
  else if (reason) parts.unshift(reason);
  return parts.join(" · ");
}

function drawing({ rows, columns, pixels }, name) {
  const canvas = element("canvas", "picture");
  [canvas.width, canvas.height] = [columns, rows];
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `What the network sees of it, ${rows} by ${columns}`);
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  bytes(pixels).forEach((value, at) => paint(image, at, value));
  context.putImageData(image, 0, 0);
  canvas.title = `the ${rows}×${columns} picture that the network looks at${name ? `; its answer: ${name}` : ""}`;
  return canvas;
}

function percent(value) {
  return `${Math.round(100 * value)}%`;
}

export function element(tag, classes = "", text = "") {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  return made;
}
