// The connection to the daemon: opened again for as long as it takes, with every question answered or given up.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const ANSWER_WITHIN_MS = 8000;
const SLEEPY_AFTER_MS = 60_000;

export class Link {
  // handlers: opened(), lost(), and one for each kind of message, by its name.
  constructor(handlers) {
    this.handlers = handlers;
    this.questions = new Map();
    this.number = 0;
    this.attempts = 0;
    this.open();
    document.addEventListener("visibilitychange", () => this.sleepOrWake());
    addEventListener("online", () => this.wake());
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/live`);
    this.socket.addEventListener("open", () => {
      this.attempts = 0;
      this.handlers.opened();
    });
    this.socket.addEventListener("message", ({ data }) => this.take(JSON.parse(data)));
    this.socket.addEventListener("close", () => this.retry());
  }

  take(message) {
    if (message.kind === "answer") this.settle(message);
    else this.handlers[message.kind]?.(message);
  }

  retry() {
    for (const { reject } of this.questions.values()) reject(new Error("the daemon does not answer"));
    this.questions.clear();
    if (this.attempts === 0) this.handlers.lost();
    this.attempts += 1;
    if (document.hidden) return; // until it is seen again
    // A page that is closed to us answers with the token's page: the browser does not say so of a WebSocket.
    if (this.attempts % 4 === 0) this.askToComeIn();
    this.timer = setTimeout(() => this.open(), RETRY_MS[Math.min(this.attempts, RETRY_MS.length) - 1]);
  }

  async askToComeIn() {
    const answer = await fetch("/").catch(() => null);
    if (answer?.status === 401) location.reload();
  }

  // Nobody sees a hidden page: after a while the daemon need not draw for it.
  sleepOrWake() {
    clearTimeout(this.sleep);
    if (!document.hidden) this.wake();
    else this.sleep = setTimeout(() => this.socket.close(), SLEEPY_AFTER_MS);
  }

  wake() {
    if (document.hidden || this.socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.timer);
    this.open();
  }

  // Resolves with what was answered; rejects with why it was not done.
  ask(topic, payload = "") {
    const number = (this.number += 1);
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) {
        reject(new Error("the daemon is not there"));
        return;
      }
      const timer = setTimeout(() => {
        this.questions.delete(number);
        reject(new Error("the daemon has not answered"));
      }, ANSWER_WITHIN_MS);
      this.questions.set(number, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ number, topic, payload }));
    });
  }

  settle({ number, data, error }) {
    const question = this.questions.get(number);
    if (!question) return;
    this.questions.delete(number);
    clearTimeout(question.timer);
    if (error) question.reject(new Error(error));
    else question.resolve(data);
  }
}
