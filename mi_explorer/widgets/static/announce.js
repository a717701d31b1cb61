// What a page says to screen readers while a run goes on: one quiet voice, never more often than every two seconds.

const SAY_EVERY = 2000; // milliseconds between two announcements
const PROGRESS_EVERY = 10_000; // and between two about how far a run has come

class Announcer {
  constructor(page) {
    this.page = page;
    this.heard = new Map(); // the text of each live part when it was last looked at
    this.waiting = new Map(); // what is still to be said, the latest of each part
    this.spoke = this.progressed = -Infinity;
    this.voice = document.createElement("div");
    this.voice.className = "mi-voice";
    this.voice.setAttribute("role", "status");
    page.append(this.voice);
  }

  listen() {
    const now = Date.now();
    for (const part of this.page.querySelectorAll(".mi-live, .mi-progress")) {
      const text = part.textContent.trim();
      const before = this.heard.get(part);
      if (text === before) continue;
      const progress = part.classList.contains("mi-progress");
      if (progress && now - this.progressed < PROGRESS_EVERY) continue; // the next look finds it
      this.heard.set(part, text);
      if (before === undefined || !text) continue; // it was there when the page came up
      if (progress) this.progressed = now;
      this.waiting.set(part, text);
    }
    if (this.waiting.size && !this.timer) this.timer = setTimeout(() => this.say(), Math.max(0, this.spoke + SAY_EVERY - now));
  }

  say() {
    this.timer = null;
    this.spoke = Date.now();
    this.voice.textContent = [...this.waiting.values()].join(" ");
    this.waiting.clear();
  }
}

const announcers = new WeakMap();
function announce(page) {
  if (!announcers.has(page)) announcers.set(page, new Announcer(page));
  announcers.get(page).listen();
}
