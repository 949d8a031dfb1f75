// The page's line to the daemon: hears which parts have changed, and says when the line is down.
//
// The line reconnects by itself and tells the daemon the last event it has heard of: nothing that happened meanwhile is
// missed.

import { refresh } from "./parts.js";

const QUIET = 25_000; // milliseconds: the daemon beats every 10 seconds, so a line this quiet is dead
const RETRIES = [500, 1_000, 2_000, 4_000]; // milliseconds between attempts; the last one repeats

let offset = 0; // how far the daemon's clock is ahead of this machine's

export const now = () => Date.now() + offset;

export function setClock(serverNow) {
  offset = serverNow - Date.now();
}

export class Line {
  // url: the stream's; after: the last event that the page shows; status: the element that says how the line is.
  constructor({ url, after, status, version, session }) {
    Object.assign(this, { url, after, status, version, session, tries: 0, down: false, timer: 0, source: null });
    this.connect();
    setInterval(() => this.check(), 5_000);
    addEventListener("online", () => this.reconnect());
    document.addEventListener("visibilitychange", () => document.hidden || this.check());
    addEventListener("pagehide", () => this.source.close());
    addEventListener("pageshow", (event) => event.persisted && this.reconnect());
  }

  connect() {
    clearTimeout(this.timer);
    this.heard = Date.now();
    const source = (this.source = new EventSource(`${this.url}?after=${this.after}`));
    source.addEventListener("beat", (event) => this.onBeat(event));
    source.addEventListener("changed", (event) => this.onChanged(event));
    source.onerror = () => source === this.source && this.onError();
  }

  reconnect() {
    this.source.close();
    this.connect();
  }

  check() {
    if (Date.now() - this.heard > QUIET) {
      this.say("Connection lost. Trying again…");
      this.reconnect();
    }
  }

  onBeat(event) {
    const [serverNow, version] = event.data.split(" ");
    this.heard = Date.now();
    this.tries = 0;
    setClock(Number(serverNow));
    if (this.down) {
      this.down = false;
      this.say("Connected again.");
      document.body.dispatchEvent(new Event("line:back"));
      setTimeout(() => this.down || this.say(""), 4_000);
    }

    if (version !== this.version) {
      this.down = true; // what the page says now stays until it is loaded again
      this.say("Cordboard was updated. ", "Load the new page");
    }
  }

  onChanged(event) {
    this.heard = Date.now();
    if (event.lastEventId) {
      this.after = event.lastEventId;
    }

    refresh(event.data.split(" "));
  }

  // The browser would reconnect too, but not after every kind of error, and not with our patience.
  async onError() {
    this.source.close();
    this.down = true;
    this.say("Connection lost. Trying again…");
    clearTimeout(this.timer);
    const wait = RETRIES[Math.min(this.tries++, RETRIES.length - 1)];
    this.timer = setTimeout(() => this.connect(), wait);
    if (this.session) {
      const answer = await fetch(this.session, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer && answer.status === 401) {
        clearTimeout(this.timer);
        this.say("You are signed out. ", "Sign in again");
      }
    }
  }

  say(words, link) {
    this.status.textContent = words;
    this.status.classList.toggle("down", this.down && words !== "");
    if (link) {
      const again = document.createElement("a");
      again.href = location.href;
      again.textContent = link;
      this.status.append(again);
    }
  }
}

// Countdowns and ages, once a second, by the daemon's clock.

export function tick(root = document) {
  const at = now();
  for (const each of root.querySelectorAll("[data-until]")) {
    const left = Math.max(Number(each.dataset.until) - at, 0);
    if (each.tagName === "PROGRESS") {
      each.value = left;
    } else {
      const seconds = Math.ceil(left / 1_000);
      write(each, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
      each.classList.toggle("soon", seconds <= 15);
    }
  }

  for (const each of root.querySelectorAll("[data-since]")) {
    write(each, lengthOfTime(at - Number(each.dataset.since)));
  }
}

function write(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}

// As `length_of_time` of the daemon's wording.
function lengthOfTime(length) {
  const minutes = Math.floor(Math.max(length, 0) / 60_000);
  if (minutes < 1) {
    return "< 1 min";
  }

  if (minutes < 60) {
    return `${minutes} min`;
  }

  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
