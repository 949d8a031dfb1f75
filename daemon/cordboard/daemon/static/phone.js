// The customers' phones in the browser.

import { Line, setClock, tick } from "./live.js";
import { refreshSoon } from "./parts.js";
import { showRefusal, wasDone } from "./refusals.js";

const body = document.body;
const area = () => document.getElementById("phone-text");
const scroll = () => document.querySelector("#phone .scroll");
const NEAR = 40; // pixels

let pinned = true; // whether the thread follows new texts

function toEnd() {
  const texts = scroll();
  if (texts && pinned) {
    texts.scrollTop = texts.scrollHeight;
  }
}

function grow() {
  if (area()) {
    area().style.height = "auto";
    area().style.height = `${Math.min(area().scrollHeight + 2, 120)}px`;
  }
}

body.addEventListener(
  "scroll",
  ({ target }) => {
    if (target === scroll()) {
      pinned = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR;
    }
  },
  true,
);

body.addEventListener("input", ({ target }) => target === area() && grow());

body.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === area()) {
    event.preventDefault();
    if (area().value.trim()) {
      area().form.requestSubmit();
    }
  }
});

body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (wasDone(detail.xhr)) {
    const sent = detail.requestConfig.parameters.body;
    area().value = area().value === sent ? "" : area().value;
    grow();
    pinned = true;
  } else {
    showRefusal(target, detail.xhr);
  }

  refreshSoon();
});

body.addEventListener("parts:refreshed", toEnd);

setClock(Number(body.dataset.now));
setInterval(tick, 1_000);
toEnd();
grow();
area()?.focus({ preventScroll: true });
new Line({
  url: body.dataset.stream,
  after: body.dataset.cursor,
  status: document.getElementById("link"),
  version: body.dataset.version,
});
