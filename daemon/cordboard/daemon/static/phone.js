// The customers' phones in the browser.

import { keepFilesIn } from "./attachments.js";
import { boxOf, fill, keepDraftsIn } from "./composer.js";
import { Drafts } from "./drafts.js";
import { Line, setClock } from "./live.js";
import { refreshSoon } from "./parts.js";
import { showRefusal, wasDone } from "./refusals.js";

const body = document.body;
const composer = document.getElementById("phone-composer");
const texts = document.querySelector("#phone .scroll");
const NEAR = 40; // pixels: this close to its end, the thread follows new texts

let pinned = true;

function toEnd() {
  if (pinned) {
    texts.scrollTop = texts.scrollHeight;
  }
}

texts.addEventListener("scroll", () => {
  pinned = texts.scrollHeight - texts.scrollTop - texts.clientHeight < NEAR;
});

body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (wasDone(detail.xhr)) {
    pinned = true;
  } else {
    showRefusal(target, detail.xhr);
  }

  refreshSoon();
});

body.addEventListener("parts:refreshed", toEnd);
texts.addEventListener("load", toEnd, true); // a picture
new ResizeObserver(toEnd).observe(texts);

setClock(Number(body.dataset.now));
const drafts = new Drafts("phone");
keepDraftsIn(drafts);
keepFilesIn(drafts);
fill(composer);
boxOf(composer).focus({ preventScroll: true });
new Line({
  url: body.dataset.stream,
  after: body.dataset.cursor,
  status: document.getElementById("link"),
  version: body.dataset.version,
});
