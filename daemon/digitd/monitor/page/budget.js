// The budget of false accepts: what is known of it, and on each card a button for a keyword that nobody said.

import { element } from "./cards.js";

export class Budget {
  constructor(line, list, link) {
    Object.assign(this, { line, list, link });
  }

  // told is null where there is no budget.
  show(told) {
    this.list.classList.toggle("budgeted", Boolean(told));
    this.line.hidden = !told;
    if (told) this.line.textContent = inWords(told);
  }

  // card is null where it is there already.
  offer(card, { accepted, id }) {
    if (!card || !accepted) return;
    const button = element("button", "not-me", "That was not me");
    button.type = "button";
    button.addEventListener("click", () => this.deny(button, id.split("-")[0]));
    card.append(button);
  }

  async deny(button, onset) {
    button.disabled = true;
    try {
      const { counted_before } = await this.link().ask("not-me", onset);
      button.textContent = counted_before ? "counted already" : "counted as a false accept";
    } catch (error) {
      button.textContent = error.message;
    }
  }
}

function inWords({ budget_per_day, text, thresholds, overruled, cost }) {
  const parts = [`Budget of ${budget_per_day} false accepts a day: ${text}.`];
  const raised = Object.entries(thresholds).filter(([keyword]) => !overruled.includes(keyword));
  if (raised.length) {
    const list = raised.map(([keyword, value]) => `${keyword} from ${value.toFixed(3)}`);
    parts.push(`Acted on: ${list.join(", ")}.`);
  }
  if (overruled.length) parts.push(`Set by hand, and so not by the budget: ${overruled.join(", ")}.`);
  if (cost) parts.push(`Of ${cost.takes} takes of your own it misses ${cost.missed_more} more than before.`);
  return parts.join(" ");
}
