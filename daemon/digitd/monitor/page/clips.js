// Clips for learning: what each card's recording was, said by whoever looks; and all of them forgotten.

import { element } from "./cards.js";

const OTHER = "_other_";

export class Clips {
  // panel, note, forget: what stands above the cards.
  constructor({ panel, note, forget }, link) {
    Object.assign(this, { panel, note, forget, link, cards: new Map(), recent: {}, labels: [] });
    forget.addEventListener("click", () => this.forgetAll());
  }

  // card is null where it is there already.
  add(card, { clip, name }) {
    if (!card || !clip) return;
    this.cards.set(clip, { card, name, row: null });
    this.offer(clip);
  }

  show(clips) {
    this.panel.hidden = !clips;
    if (!clips) return;
    const { kept, labelled, mb, most, most_mb, lost, trouble } = clips;
    const parts = [`${kept} of ${most} clips kept, ${labelled} labelled, ${mb} of ${most_mb} MB`];
    if (lost) parts.push(`${lost} could not be kept`);
    if (trouble) parts.push(`now none is kept: ${trouble}`);
    this.say(parts.join(" · "));
    this.forget.disabled = kept === 0;
    this.kept = kept;
    this.recent = clips.recent;
    this.labels = clips.labels;
    for (const clip of this.cards.keys()) this.offer(clip);
  }

  // What is kept can be labelled; what is not any more cannot.
  offer(clip) {
    const known = this.cards.get(clip);
    if (!known.card.isConnected) {
      this.cards.delete(clip);
      return;
    }
    const kept = clip in this.recent;
    if (kept && !known.row) known.card.append((known.row = this.row(clip, known.name)).line);
    if (!kept && known.row) {
      known.row.line.remove();
      known.row = null;
    }
    known.row?.show(this.recent[clip]);
  }

  row(clip, name) {
    const line = element("form", "clip");
    const play = element("button", "", "Play");
    play.type = "button";
    play.addEventListener("click", () => this.play(clip));
    const choice = element("select");
    choice.setAttribute("aria-label", "What was it?");
    for (const label of this.labels) choice.append(new Option(named(label), label));
    choice.append(new Option("forget it", ""));
    choice.value = this.labels.includes(name) ? name : OTHER;
    const save = element("button", "", "Label");
    const given = element("span", "given");
    given.setAttribute("role", "status");
    line.addEventListener("submit", (event) => {
      event.preventDefault();
      this.label(clip, choice.value, given);
    });
    line.append(play, choice, save, given);
    let shown = null;
    return {
      line,
      show: (label) => {
        if (label === shown) return;
        shown = label;
        if (label !== null) choice.value = label;
        given.textContent = label === null ? "" : `labelled: ${named(label)}`;
      },
    };
  }

  async label(clip, label, given) {
    try {
      if (label) await this.link().ask("clips/label", JSON.stringify({ clip, label }));
      else await this.link().ask("clips/forget", clip);
    } catch (error) {
      given.textContent = error.message;
    }
  }

  async play(clip) {
    try {
      await new Audio(`clip/${clip}.wav`).play();
    } catch (error) {
      this.say(`it cannot be played: ${error.message}`);
    }
  }

  async forgetAll() {
    if (!confirm(`Delete all ${this.kept} clips, the labelled ones too?`)) return;
    try {
      await this.link().ask("clips/forget");
    } catch (error) {
      this.say(error.message);
    }
  }

  say(text) {
    if (this.note.textContent !== text) this.note.textContent = text;
  }
}

function named(label) {
  return label === OTHER ? "none of these" : label;
}
