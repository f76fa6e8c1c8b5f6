// How the daemon is: what the topic `health` tells, in words.

import { element } from "./cards.js";

export class Health {
  constructor(list) {
    this.list = list;
  }

  show({ state, reason, uptime_s, canary, broker, counters, versions }) {
    const ignored = Object.values(counters.ignored).reduce((sum, count) => sum + count, 0);
    const heard = Object.values(counters.heard).reduce((sum, count) => sum + count, 0);
    const missing = counters.missing_s ? `${counters.missing_s} s in ${counters.gaps} gaps` : "none";
    this.rows([
      ["Sound", state === "listening" ? "flows" : `${state}: ${reason}`, state === "listening"],
      ["Canary", canary ? sung(canary) : "has not sung yet", Boolean(canary?.ok)],
      ["Broker", broker.trouble ?? "takes what we say", !broker.trouble],
      ["Acted on", `${heard}`],
      ["Ignored", `${ignored}`],
      ["Lost sound", missing, counters.missing_s ? false : undefined],
      ["Running for", duration(uptime_s)],
      ["digitd", versions.digitd],
      ["Model", versions.model],
    ]);
  }

  rows(rows) {
    this.list.replaceChildren(
      ...rows.map(([name, text, good]) => {
        const row = element("div", good === undefined ? "" : good ? "good" : "bad");
        row.append(element("dt", "", name), element("dd", "", text));
        return row;
      }),
    );
  }
}

function sung({ ok, trouble, label, confidence, at, took_ms }) {
  const when = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return ok ? `heard “${label}” with ${confidence.toFixed(2)} at ${when}, in ${Math.round(took_ms)} ms` : `${when}: ${trouble}`;
}

function duration(seconds) {
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${seconds} s`;
}
