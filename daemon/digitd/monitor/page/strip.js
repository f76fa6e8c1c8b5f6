// The scrolling pictures: level against thresholds, spectrogram, and a red frame around each utterance.

import { styles } from "./colours.js";
import { Tape } from "./tape.js";

const LAG_S = 0.12; // so far behind the newest sound: it comes in pieces, and a picture that jerks is hard to read
const LOWEST_DBFS = -90;
const HIGHEST_DBFS = -5;
const CALM_MS = 1000; // between two pictures, for whoever wants less motion

export class Strip {
  constructor(levels, spectrogram) {
    this.levels = levels;
    this.spectrogram = spectrogram;
    this.tape = new Tape();
    this.utterances = [];
    this.ahead_s = null; // of the browser's clock before the daemon's
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.drawn_at = 0;
    this.offset_below_onset_db = 0;
    this.readColours();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readColours());
    requestAnimationFrame((now) => this.tick(now));
  }

  readColours() {
    [this.body, this.quiet, this.line] = styles("sound", "quiet", "line");
    [this.frame, this.onset, this.floor] = styles("frame", "onset", "floor");
  }

  sound(message) {
    if (this.tape.add(message)) {
      this.ahead_s = null;
      this.utterances = [];
    }
    const ahead_s = performance.now() / 1000 - this.tape.end * this.tape.column_s;
    // Pieces come late, never early: follow the earliest, and forget it slowly.
    this.ahead_s = this.ahead_s === null ? ahead_s : Math.min(ahead_s, this.ahead_s + 0.0005);
  }

  utterance(message) {
    this.utterances.push(message);
    if (this.utterances.length > 60) this.utterances.shift();
  }

  tick(now) {
    requestAnimationFrame((next) => this.tick(next));
    if (this.calm.matches && now - this.drawn_at < CALM_MS) return;
    this.drawn_at = now;
    this.draw();
  }

  draw() {
    for (const canvas of [this.levels, this.spectrogram]) fit(canvas);
    const seconds = this.levels.clientWidth < 600 ? 5 : 10;
    const end_s = this.ahead_s === null ? 0 : performance.now() / 1000 - this.ahead_s - LAG_S;
    this.view = { start_s: end_s - seconds, seconds, end_s };
    this.drawSpectrogram();
    this.drawLevels();
  }

  x(canvas, at_s) {
    return ((at_s - this.view.start_s) / this.view.seconds) * canvas.width;
  }

  drawSpectrogram() {
    const { tape, spectrogram: canvas } = this;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!tape.picture) return;
    const first = Math.max(Math.floor(this.view.start_s / tape.column_s), tape.end - tape.length, 0);
    for (let at = first; at < tape.end; ) {
      const from = at % tape.length;
      const count = Math.min(tape.end - at, tape.length - from);
      const [left, right] = [at, at + count].map((edge) => this.x(canvas, edge * tape.column_s));
      context.drawImage(tape.picture, from, 0, count, tape.bands, left, 0, right - left, canvas.height);
      at += count;
    }
    this.drawFrames(canvas, context, { named: true });
  }

  drawLevels() {
    const { tape, levels: canvas } = this;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (tape.picture) {
      this.drawBody(canvas, context);
      this.drawLine(canvas, context, tape.floors, this.floor, [2, 3]);
      const offsets = tape.onsets.map((onset) => onset - this.offset_below_onset_db);
      this.drawLine(canvas, context, offsets, this.onset, [6, 5]);
      this.drawLine(canvas, context, tape.onsets, this.onset, []);
    }
    this.drawFrames(canvas, context, { named: false });
    this.drawScale(canvas, context);
  }

  drawScale(canvas, context) {
    const scale = devicePixelRatio;
    context.font = `${11 * scale}px system-ui, sans-serif`;
    for (const level of canvas.clientHeight < 110 ? [-20, -60] : [-20, -40, -60, -80]) {
      const text = `${level} dB`.replace("-", "−");
      context.globalAlpha = 0.7;
      context.fillStyle = this.line;
      context.fillRect(0, y(canvas, level) - 7 * scale, context.measureText(text).width + 10 * scale, 14 * scale);
      context.globalAlpha = 1;
      context.fillStyle = this.quiet;
      context.fillText(text, 5 * scale, y(canvas, level) + 4 * scale);
    }
  }

  *columns() {
    const { tape } = this;
    const first = Math.max(Math.floor(this.view.start_s / tape.column_s), tape.end - tape.length, 0);
    for (let at = first; at < tape.end; at += 1) yield at;
  }

  drawBody(canvas, context) {
    const { tape } = this;
    const width = Math.ceil(this.x(canvas, this.view.start_s + tape.column_s)) + 1;
    context.fillStyle = this.body;
    for (const at of this.columns()) {
      const level = tape.levels[at % tape.length];
      if (Number.isNaN(level)) continue;
      const top = y(canvas, level);
      context.fillRect(Math.floor(this.x(canvas, at * tape.column_s)), top, width, canvas.height - top);
    }
  }

  drawLine(canvas, context, values, colour, dashes) {
    const { tape } = this;
    context.save();
    context.strokeStyle = colour;
    context.lineWidth = 1.75 * devicePixelRatio;
    context.setLineDash(dashes.map((length) => length * devicePixelRatio));
    context.lineDashOffset = (this.view.start_s / this.view.seconds) * canvas.width;
    context.beginPath();
    let drawing = false;
    for (const at of this.columns()) {
      const value = values[at % tape.length];
      const place = [this.x(canvas, at * tape.column_s), y(canvas, value)];
      if (Number.isNaN(value)) drawing = false;
      else if (drawing) context.lineTo(...place);
      else {
        context.moveTo(...place);
        drawing = true;
      }
    }
    context.stroke();
    context.restore();
  }

  // Red lines where each utterance begins and ends, as in the article's picture.
  drawFrames(canvas, context, { named }) {
    const scale = devicePixelRatio;
    for (const { onset_s, offset_s, name, accepted } of this.utterances) {
      if (offset_s < this.view.start_s || !this.tape.has(onset_s)) continue;
      const [left, right] = [onset_s, offset_s].map((at) => this.x(canvas, at));
      context.save();
      context.strokeStyle = this.frame;
      context.globalAlpha = accepted ? 1 : 0.75;
      context.lineWidth = 2 * scale;
      if (!accepted) context.setLineDash([4 * scale, 4 * scale]);
      context.strokeRect(left, named ? -scale : -4 * scale, right - left, canvas.height + 5 * scale);
      if (named && accepted) drawName(context, name, (left + right) / 2, scale, this.frame);
      context.restore();
    }
  }
}

function drawName(context, name, centre, scale, colour) {
  context.font = `700 ${15 * scale}px system-ui, sans-serif`;
  context.textAlign = "center";
  const half = context.measureText(name).width / 2 + 6 * scale;
  context.fillStyle = colour;
  context.fillRect(centre - half, 0, 2 * half, 21 * scale);
  context.fillStyle = "white";
  context.fillText(name, centre, 16 * scale);
}

function y(canvas, dbfs) {
  return canvas.height * (1 - (dbfs - LOWEST_DBFS) / (HIGHEST_DBFS - LOWEST_DBFS));
}

function fit(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
}
