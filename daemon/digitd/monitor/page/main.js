// Puts the page together: what the daemon tells goes to the part that shows it.

import { Budget } from "./budget.js";
import { Cards } from "./cards.js";
import { Clips } from "./clips.js";
import { Health } from "./health.js";
import { Link } from "./link.js";
import { Numbers } from "./numbers.js";
import { Strip } from "./strip.js";
import { Tuning } from "./tuning.js";

const QUIET_MS = 1500;
const part = (id) => document.getElementById(id);

history.replaceState(null, "", "/"); // the token does not stay in the address

const strip = new Strip(part("levels"), part("spectrogram"));
const cards = new Cards(part("utterances"), part("nothing"), part("announcer"));
const numbers = new Numbers(part("spelled"), part("numbers"), part("announcer"));
const clips = new Clips(
  { panel: part("clips"), note: part("clips-note"), forget: part("clips-forget") },
  () => link,
);
const health = new Health(part("health"));
const tuning = new Tuning(part("settings"), part("tuning-note"), part("keep"), part("restore"), () => link);
const budget = new Budget(part("budget"), part("utterances"), () => link);
const asking = [part("mute"), part("self-test")];

let connected = false;
let present = false; // all that was heard before has been told
let muted = false;
let sound = "starting";
let heardAt = 0;

const link = new Link({
  opened() {
    connected = true;
    present = false;
    say("");
  },
  lost() {
    connected = false;
    for (const button of asking) button.disabled = true;
    say("The daemon is not there. This page looks for it, and goes on by itself when it is back.");
  },
  state(message) {
    part("site").textContent = message.site;
    document.title = `digitd ${message.site}`;
    ({ muted } = message);
    part("mute").setAttribute("aria-pressed", String(muted));
    for (const button of asking) button.disabled = false;
    tuning.show(message);
    budget.show(message.budget);
    clips.show(message.clips);
    const [onset, offset] = message.settings.map(({ value }) => value);
    strip.offset_below_onset_db = message.detector === "adaptive" ? onset - offset : 0;
    veil(message.secret ? "Not shown: a secret number may be spoken." : "");
    showStatus();
  },
  health(message) {
    sound = message.state;
    health.show(message);
    showStatus();
  },
  sound(message) {
    heardAt = performance.now();
    strip.sound(message);
    readings(message);
  },
  utterance(message) {
    const card = cards.add(message, { aloud: present });
    budget.offer(card, message);
    clips.add(card, message);
    strip.utterance(message);
  },
  number(message) {
    numbers.add(message, { aloud: present });
  },
  present() {
    present = true;
  },
});

part("mute").addEventListener("click", () => {
  link.ask("mute/set", muted ? "OFF" : "ON").catch((error) => say(error.message));
});

part("self-test").addEventListener("click", () => {
  link.ask("request/self-test").catch((error) => say(error.message));
});

part("accepted-only").addEventListener("change", ({ target }) => {
  part("utterances").classList.toggle("accepted-only", target.checked);
});

setInterval(showStatus, 500);

function say(text) {
  part("notice").textContent = text;
  part("notice").hidden = !text;
  showStatus();
}

function veil(text) {
  part("veil").textContent = text;
  part("veil").hidden = !text;
}

function showStatus() {
  const [kind, text] = status();
  if (part("status").textContent !== text) part("status").textContent = text;
  part("status").className = `pill ${kind}`;
  document.body.classList.toggle("lost", !connected);
}

function status() {
  if (!connected) return ["bad", "daemon lost"];
  if (muted) return ["muted", "muted"];
  if (sound !== "listening" && sound !== "starting") return ["bad", sound];
  return performance.now() - heardAt < QUIET_MS ? ["good", "listening"] : ["bad", "no sound comes"];
}

let shownAt = 0;

function readings({ levels_dbfs, onset_dbfs, floor_dbfs }) {
  if (performance.now() - shownAt < 200) return;
  shownAt = performance.now();
  const values = {
    level: Math.max(...levels_dbfs),
    onset: onset_dbfs,
    offset: onset_dbfs - strip.offset_below_onset_db,
    floor: floor_dbfs,
  };
  for (const [id, value] of Object.entries(values)) part(id).textContent = `${value.toFixed(0)} dB`.replace("-", "−");
  part("levels").setAttribute(
    "aria-label",
    `Level of the last seconds: now ${values.level.toFixed(0)} decibels, a word begins above ${values.onset.toFixed(0)}`,
  );
}
