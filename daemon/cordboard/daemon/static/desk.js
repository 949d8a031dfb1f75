// The desk in the browser: what the daemon cannot know. htmx fetches the parts; this keeps the page calm around them.

import { keepFilesIn } from "./attachments.js";
import { append, boxOf, fill, keepDraftsIn } from "./composer.js";
import { Drafts, forgetEverything } from "./drafts.js";
import { Line, now, setClock, tick } from "./live.js";
import { refresh, refreshSoon } from "./parts.js";
import { showRefusal, wasDone } from "./refusals.js";
import { keepSelection } from "./selection.js";
import { markUnread } from "./unread.js";

const body = document.body;
const pane = document.getElementById("pane");
const person = body.dataset.person;
const drafts = new Drafts(person);
const byKeyboard = matchMedia("(pointer: fine)");
const NEAR = 40; // pixels: this close to its end, a transcript follows new texts

const article = () => document.querySelector("article[data-conversation]");
const composer = () => article()?.querySelector(".composer");
const textarea = () => boxOf(composer());

let leaving = false; // signing out: nothing is kept any more
let shown = null; // the conversation in the pane
let pinned = true; // whether its transcript follows new texts
let texts = 0; // the customer's texts in it
let offers = new Set(idsOfOffers());

const watcher = new ResizeObserver(() => pinned && toEnd());

function refreshed() {
  if (leaving) {
    return;
  }

  const now = article();
  const id = now?.dataset.conversation ?? null;
  body.classList.toggle("reading", id !== null);
  if (id !== shown) {
    opened(now, id);
  } else if (now) {
    followed(now);
  }

  for (const link of document.querySelectorAll("a[data-conversation]")) {
    if (link.dataset.conversation === id) {
      link.setAttribute("aria-current", "true");
    } else {
      link.removeAttribute("aria-current");
    }
  }

  writable(now);
  markUnread(person, now);
  announceOffers(now);
  tick();
}

function opened(now, id) {
  shown = id;
  pinned = true;
  watcher.disconnect();
  if (!now) {
    return;
  }

  texts = now.querySelectorAll(".theirs").length;
  watcher.observe(now.querySelector(".scroll"));
  fill(composer());
  toEnd();
}

function followed(now) {
  const before = texts;
  texts = now.querySelectorAll(".theirs").length;
  if (pinned) {
    toEnd();
  } else if (texts > before) {
    now.querySelector(".newer").hidden = false;
  }
}

function toEnd() {
  const scroll = article()?.querySelector(".scroll");
  if (scroll) {
    scroll.scrollTop = scroll.scrollHeight;
    article().querySelector(".newer").hidden = true;
  }
}

// A picture that has loaded makes the transcript longer.
pane?.addEventListener("load", () => pinned && toEnd(), true);

pane?.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.classList.contains("scroll")) {
      pinned = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR;
      if (pinned) {
        article().querySelector(".newer").hidden = true;
      }
    }
  },
  true,
);

// Offers: in the title, and said aloud.

function idsOfOffers() {
  return Array.from(document.querySelectorAll("[data-offer]"), (each) => each.dataset.offer);
}

function announceOffers(now) {
  const ids = idsOfOffers();
  const fresh = ids.filter((each) => !offers.has(each));
  if (fresh.length) {
    const said = fresh.map((each) => document.getElementById(`offer-${each}`).dataset.said);
    document.getElementById("announcer").textContent = said.join(". ");
  }

  offers = new Set(ids);
  const name = now ? `${now.dataset.title} · Cordboard` : body.dataset.name || "Cordboard";
  document.title = ids.length ? `(${ids.length}) ${name}` : name;
  const elsewhere = document.getElementById("offers-elsewhere");
  elsewhere.hidden = !ids.length;
  elsewhere.textContent = ids.length === 1 ? "1 offer" : `${ids.length} offers`;
}

// The composer.

function writable(now) {
  const area = textarea();
  if (area) {
    area.readOnly = now.dataset.writable !== "yes";
    area.form.classList.toggle("drafting", area.value !== "" || drafts.media(shown).length > 0);
  }
}

body.addEventListener("click", ({ target }) => {
  const again = target.closest("[data-again]");
  if (again) {
    append(composer(), again.dataset.again);
    textarea().focus();
  }

  const older = target.closest("[data-older]");
  if (older) {
    article().dataset.source = older.dataset.older;
    refresh([article().dataset.part]);
  }

  if (target.closest(".newer")) {
    pinned = true;
    toEnd();
    textarea()?.focus();
  }
});

body.addEventListener("htmx:confirm", (event) => {
  if ("ends" in event.target.dataset && shown && drafts.isUnsent(shown)) {
    event.preventDefault();
    if (confirm("You have typed a text that is not sent. End the conversation without sending it?")) {
      event.detail.issueRequest(true);
    }
  }
});

document.getElementById("sign-out").addEventListener("submit", (event) => {
  if (drafts.any && !confirm("Texts that you have typed and not sent will be forgotten. Sign out?")) {
    event.preventDefault();
  } else {
    leaving = true;
    forgetEverything();
  }
});

// What time alone changes, such as a delivery that becomes unknown, nobody tells: the part is asked for when it is due.

function refreshDue() {
  for (const part of document.querySelectorAll("[data-part][data-due]")) {
    if (Number(part.dataset.due) <= now()) {
      delete part.dataset.due; // what comes says when the next time is
      refresh([part.dataset.part]);
    }
  }
}

// What was asked for, and what came of it.

body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (wasDone(detail.xhr)) {
    succeeded(target);
  } else {
    showRefusal(target, detail.xhr);
    refresh(["me", "overview"]); // a presence that was chosen and not taken
  }

  if (detail.requestConfig.verb !== "get") {
    refreshSoon(); // also after a refusal: the page was behind
  }
});

function succeeded(element) {
  if (element.matches(".composer")) {
    pinned = true;
  }

  if (element.matches("[popover]") && element.isConnected) {
    element.hidePopover();
  }
}

body.addEventListener("parts:refreshed", refreshed);
body.addEventListener("htmx:afterSwap", ({ detail }) => {
  const switched = detail.target === pane;
  refreshed();
  if (switched) {
    focusPane();
  }
});

function focusPane() {
  const area = textarea();
  const ready = area && !area.readOnly && byKeyboard.matches;
  (ready ? area : pane).focus({ preventScroll: true });
}

// The keyboard.

function neighbour(step) {
  const links = Array.from(document.querySelectorAll(".lists a.item")).filter((each) => each.checkVisibility());
  const here = links.findIndex((each) => each.dataset.conversation === shown);
  return links[here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step];
}

const SHORTCUTS = {
  KeyA: () => document.querySelector('#offers [data-key="accept"]'),
  KeyX: () => document.querySelector('#offers [data-key="decline"]'),
  KeyP: () => article()?.querySelector('[data-key="park"]'),
  ArrowUp: () => neighbour(-1),
  ArrowDown: () => neighbour(1),
};

body.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }

  if (event.code === "KeyT") {
    event.preventDefault();
    textarea()?.focus();
  } else if (event.code in SHORTCUTS) {
    event.preventDefault();
    SHORTCUTS[event.code]()?.click();
  }
});

// Beginning.

// A presence that was chosen before htmx was there to hear of it.
function sendWhatWasChosen() {
  for (const select of document.querySelectorAll("form.presence select")) {
    if (select.value && !select.selectedOptions[0].defaultSelected) {
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

keepDraftsIn(drafts);
keepFilesIn(drafts);
keepSelection();
setClock(Number(body.dataset.now));
setInterval(tick, 1_000);
setInterval(refreshDue, 1_000);
refreshed();
document.addEventListener("visibilitychange", () => document.hidden || refreshed());
document.addEventListener("DOMContentLoaded", sendWhatWasChosen);
new Line({
  url: body.dataset.stream,
  after: body.dataset.cursor,
  status: document.getElementById("link"),
  version: body.dataset.version,
  session: "/desk/parts/me",
});
