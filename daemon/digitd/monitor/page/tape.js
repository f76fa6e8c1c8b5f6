// The sound of the last seconds, by column; what is older is overwritten, what is missing is empty.

import { bytes, paint } from "./colours.js";

const KEPT_S = 30;

export class Tape {
  constructor() {
    this.end = 0; // columns since the daemon opened its microphone
    this.column_s = 0;
    this.brightest = 200; // of what was heard lately: colours reach from there so far down
    this.range = 175;
  }

  // Returns whether the daemon began anew, so that nothing older belongs to this.
  add({ start_s, column_s, levels_dbfs, onset_dbfs, floor_dbfs, bands, columns }) {
    const first = Math.round(start_s / column_s);
    const fresh = this.column_s !== column_s || first < this.end - 5;
    if (fresh) this.begin(first, column_s, bands);
    for (let at = Math.max(this.end, first - this.length); at < first; at += 1) this.clear(at);
    levels_dbfs.forEach((level, index) => {
      this.levels[(first + index) % this.length] = level;
      this.onsets[(first + index) % this.length] = onset_dbfs;
      this.floors[(first + index) % this.length] = floor_dbfs;
    });
    if (columns) this.draw(first, levels_dbfs.length, bytes(columns));
    else for (let index = 0; index < levels_dbfs.length; index += 1) this.wipe(first + index);
    this.end = first + levels_dbfs.length;
    return fresh;
  }

  begin(first, column_s, bands) {
    this.column_s = column_s;
    this.bands = bands;
    this.length = Math.round(KEPT_S / column_s);
    [this.levels, this.onsets, this.floors] = [0, 0, 0].map(() => new Float32Array(this.length).fill(NaN));
    this.picture = document.createElement("canvas");
    [this.picture.width, this.picture.height] = [this.length, bands];
    this.context = this.picture.getContext("2d");
    this.end = first;
  }

  draw(first, count, values) {
    for (let index = 0; index < count; index += 1) {
      const column = values.subarray(index * this.bands, (index + 1) * this.bands);
      this.follow(Math.max(...column));
      const image = this.context.createImageData(1, this.bands);
      const darkest = this.brightest - this.range;
      column.forEach((value, band) => {
        const shade = Math.round((255 * (value - darkest)) / this.range);
        paint(image, this.bands - 1 - band, Math.min(Math.max(shade, 0), 255));
      });
      this.context.putImageData(image, (first + index) % this.length, 0);
    }
  }

  // Loud speech sets the scale at once; it takes a minute of quiet to lose it.
  follow(loudest) {
    this.brightest = loudest > this.brightest ? loudest : Math.max(this.brightest - 0.02, 150);
  }

  has(at_s) {
    const at = Math.round(at_s / this.column_s);
    return at < this.end && at >= this.end - this.length && !Number.isNaN(this.levels[at % this.length]);
  }

  clear(at) {
    for (const values of [this.levels, this.onsets, this.floors]) values[at % this.length] = NaN;
    this.wipe(at);
  }

  wipe(at) {
    this.context.clearRect(at % this.length, 0, 1, this.bands);
  }
}
