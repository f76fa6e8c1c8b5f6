// matplotlib's viridis, as in the article's pictures: from each of these to the next, evenly.

const STOPS = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];

export const VIRIDIS = Uint8ClampedArray.from({ length: 256 * 4 }, (_, at) => {
  if (at % 4 === 3) return 255;
  const place = (Math.floor(at / 4) / 255) * (STOPS.length - 1);
  const stop = Math.min(Math.floor(place), STOPS.length - 2);
  const [from, to] = [STOPS[stop][at % 4], STOPS[stop + 1][at % 4]];
  return from + (to - from) * (place - stop);
});

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function paint(image, at, value) {
  image.data.set(VIRIDIS.subarray(4 * value, 4 * value + 4), 4 * at);
}

// The colours of the style sheet, for what is drawn rather than styled.
export function styles(...names) {
  const computed = getComputedStyle(document.documentElement);
  return names.map((name) => computed.getPropertyValue(`--${name}`).trim());
}
