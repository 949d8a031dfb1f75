// The box that texts are typed into, wherever there is one (form.composer): it grows, counts, sends with Enter, and is
// empty as soon as a text goes out, for the next one. What could not be sent comes back into it.

import { isUploading, showAttached } from "./attachments.js";
import { wasDone } from "./refusals.js";
import { costly, measure } from "./segments.js";
import { smartEncode } from "./smart_encoding.js";

const TALLEST = 168; // pixels; beyond, the box scrolls
const onItsWay = new Set(); // conversations of which a text is on its way: the next one waits until it has arrived
const hasKeyboard = matchMedia("(pointer: fine)"); // without one, Enter starts a new line and the button sends

const listed = new Intl.ListFormat("en-GB");

let drafts = null;

export function keepDraftsIn(kept) {
  drafts = kept;
}

// Put the draft of a conversation into its box. What was on its way when the page was left is in it again.
export function fill(form) {
  const conversation = form.dataset.conversation;
  if (!onItsWay.has(conversation)) {
    drafts.back(conversation);
  }

  showDraft(form);
}

function showDraft(form) {
  put(boxOf(form), drafts.read(form.dataset.conversation));
  showAttached(form);
}

// Whether there is anything to send.
function isReady(box) {
  const { conversation } = box.form.dataset;
  return !box.readOnly && !isUploading(conversation) && (box.value.trim() || drafts.media(conversation).length);
}

export function append(form, text) {
  const box = boxOf(form);
  put(box, [box.value, text].filter(Boolean).join("\n"));
  drafts.write(form.dataset.conversation, box.value);
}

export const boxOf = (form) => form?.querySelector("textarea");

function put(box, text) {
  box.value = text;
  fit(box);
}

function fit(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, TALLEST)}px`;
  count(box);
}

function count(box) {
  const place = box.form.querySelector(".count");
  if (place) {
    const text = "smart" in place.dataset ? smartEncode(box.value) : box.value;
    const { characters, segments } = measure(text);
    const longest = Number(place.dataset.longest);
    const length = Array.from(text).length; // what the limit is for: an emoji may take several
    const over = longest > 0 && length > longest;
    const size = `${over ? length : characters}${longest ? ` of ${longest}` : ""} characters · ${segments} SMS`;
    place.replaceChildren(...(text ? [size, ...whyMore(text, segments)] : []));
    place.classList.toggle("over", over);
  }
}

// "“ makes it 2 SMS instead of 1"
function whyMore(text, segments) {
  const found = costly(text);
  if (!found) {
    return [];
  }

  const why = document.createElement("span");
  why.className = "costly";
  const names = [...new Set(found.characters.map(nameOf))];
  for (const { type, value } of listed.formatToParts(names)) {
    const part = document.createElement(type === "element" && !value.includes(" ") ? "kbd" : "span");
    part.textContent = value;
    why.append(part);
  }

  why.append(`${names.length > 1 ? " make" : " makes"} it ${segments} SMS instead of ${found.instead}`);
  return [" · ", why];
}

function nameOf(character) {
  if (/^\s+$/u.test(character)) {
    return character === "\t" ? "a tab" : "an unusual space";
  }

  return /^[\p{C}\p{M}]+$/u.test(character) ? "a hidden character" : character;
}

document.body.addEventListener("input", ({ target }) => {
  if (target.matches(".composer textarea")) {
    drafts.write(target.form.dataset.conversation, target.value);
    fit(target);
  }
});

document.body.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && box.matches(".composer textarea")) {
    if (hasKeyboard.matches) {
      event.preventDefault();
      if (isReady(box)) {
        box.form.requestSubmit();
      }
    }
  }
});

// Texts leave the box at once, and go one after the other: they arrive in the order in which they were written.
document.body.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches(".composer") || goingOn) {
      return;
    }

    const box = boxOf(form);
    if (isReady(box)) {
      drafts.push(form.dataset.conversation, box.value);
      showDraft(form);
    }

    if (onItsWay.has(form.dataset.conversation) || !drafts.next(form.dataset.conversation)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

let goingOn = false; // the next text goes: what is being typed stays

function goOn(form) {
  goingOn = true;
  form.requestSubmit();
  goingOn = false;
}

document.body.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (target.matches(".composer")) {
    const { text, media, key } = drafts.next(target.dataset.conversation);
    detail.parameters.body = text;
    detail.parameters.media = media.map((each) => each.id).join(" ");
    detail.parameters.key = key;
    onItsWay.add(target.dataset.conversation);
  }
});

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const sender = detail.requestConfig.elt; // it may have left the page meanwhile
  if (!sender.matches(".composer")) {
    return;
  }

  const conversation = sender.dataset.conversation;
  const form = document.querySelector(`.composer[data-conversation="${conversation}"]`);
  onItsWay.delete(conversation);
  if (!wasDone(detail.xhr)) {
    drafts.back(conversation);
    form && showDraft(form);
    return;
  }

  drafts.done(conversation);
  if (form && drafts.next(conversation)) {
    setTimeout(goOn, 0, form); // once htmx has let go of the form
  }
});
