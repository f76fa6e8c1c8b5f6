// Digits that were said in a row: the latest numbers, the newest first. Secret ones are never told to the page.

import { element } from "./cards.js";

const KEPT = 10;

export class Numbers {
  constructor(section, list, announcer) {
    Object.assign(this, { section, list, announcer, known: new Set() });
  }

  // After a reconnection the last ones are told again.
  add(number, { aloud }) {
    const key = `${number.at} ${number.heard}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    this.list.prepend(item(number));
    while (this.list.children.length > KEPT) this.list.lastElementChild.remove();
    this.section.hidden = false;
    if (!number.reason && aloud) this.announcer.textContent = `number ${number.heard}`;
  }
}

function item({ at, heard, grammar, confidence, reason }) {
  const made = element("li", reason ? "rejected" : "accepted");
  const time = element("time", "", new Date(at).toLocaleTimeString());
  time.dateTime = at;
  const facts = [grammar, reason ?? confidence.toFixed(2)].filter(Boolean).join(" · ");
  made.append(element("span", "number", heard), element("span", "facts", facts), time);
  return made;
}
