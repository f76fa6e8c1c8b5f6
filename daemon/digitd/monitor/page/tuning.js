// Sliders for what can be changed while the daemon runs. What is tried is in force at once, and forgotten when
// the daemon ends, unless it is kept.

import { element } from "./cards.js";

const SETTLED_MS = 300; // a held arrow key gives thirty values a second, of which one is meant

const SHOWN = {
  "detector.onset_db": { name: "Beginning", unit: "dB above the room", step: 0.5, most: 25, low: "from afar", high: "fewer noises" },
  "detector.offset_db": { name: "End", unit: "dB above the room", step: 0.5, most: 25, low: "later", high: "sooner" },
  "detector.hang_over_ms": { name: "Pause that ends a word", unit: "ms", step: 5, most: 500, low: "answers sooner", high: "keeps “six” whole" },
  "decision.threshold": { name: "Confidence needed", unit: "", step: 0.001, low: "misses less", high: "fewer false alarms" },
};

export class Tuning {
  constructor(form, note, keep, restore, link) {
    Object.assign(this, { form, note, keep, restore, link, rows: new Map() });
    form.addEventListener("submit", (event) => event.preventDefault());
    keep.addEventListener("click", () => this.act("Kept in the configuration's file.", () => this.link().ask("settings/keep")));
    restore.addEventListener("click", () => this.act("As the file has it.", () => this.putBack()));
  }

  show(state) {
    const { settings, detector } = state;
    this.state = state;
    for (const setting of settings) {
      if (!this.rows.has(setting.key)) this.rows.set(setting.key, this.row(setting));
      this.rows.get(setting.key).show(setting, detector === "classic" && setting.key.startsWith("detector."));
    }
    const tried = settings.some(({ value, kept }) => value !== kept);
    this.keep.disabled = this.restore.disabled = !tried;
    if (detector === "classic") this.note.textContent = "detector.mode is classic: a fixed threshold, without these.";
  }

  row({ key, least, most, meaning }) {
    const shown = SHOWN[key];
    const row = element("div", "setting");
    const label = element("label", "", shown.name);
    const value = element("output");
    const slider = element("input");
    label.htmlFor = slider.id = `set-${key.replace(".", "-")}`;
    value.htmlFor = slider.id;
    Object.assign(slider, { type: "range", min: least, max: shown.most ?? most, step: shown.step, title: meaning });
    const ends = element("p", "ends");
    ends.append(element("span", "", shown.low), element("span", "", shown.high));
    ends.setAttribute("aria-hidden", "true");
    const kept = element("p", "kept");
    row.append(label, value, slider, ends, kept);
    this.form.append(row);
    let timer = null;
    slider.addEventListener("input", () => {
      value.value = text(shown, slider.valueAsNumber);
      slider.setAttribute("aria-valuetext", value.value);
    });
    slider.addEventListener("change", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = null;
        this.act("", () => this.set(key, slider.valueAsNumber));
      }, SETTLED_MS);
    });
    return {
      show: (setting, off) => {
        if (timer !== null) return; // somebody is about to change it
        const own = setting.value === 0; // the model's own
        slider.disabled = off;
        slider.max = Math.max(shown.most ?? most, setting.value);
        slider.value = own ? 0.8 : setting.value;
        value.value = own ? "the model’s own" : text(shown, setting.value);
        slider.setAttribute("aria-valuetext", value.value);
        row.classList.toggle("tried", setting.value !== setting.kept);
        kept.textContent = `in the file: ${setting.kept === 0 ? "the model’s own" : text(shown, setting.kept)}`;
        kept.hidden = setting.value === setting.kept;
      },
    };
  }

  set(key, value) {
    if (key === "decision.threshold") return this.link().ask("threshold/set", String(value));
    return this.link().ask("detector/set", JSON.stringify({ [key.split(".")[1]]: value }));
  }

  async putBack() {
    await this.link().ask("threshold/set", "None");
    await this.link().ask("request/reload");
  }

  // What is refused jumps back, and says why.
  async act(done, ask) {
    this.note.classList.remove("refused");
    try {
      await ask();
      this.note.textContent = done;
    } catch (error) {
      this.note.textContent = error.message;
      this.note.classList.add("refused");
      this.show(this.state);
    }
  }
}

function text({ unit, step }, value) {
  if (!unit) return value.toFixed(3).replace(/0$/, "");
  return `${value.toFixed(step < 1 ? 1 : 0)} ${unit}`;
}
