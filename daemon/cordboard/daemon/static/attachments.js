// Files that go with a text: chosen, dropped or pasted, uploaded at once, and shown above the buttons until they are sent.
//
// What is uploaded belongs to the draft, so it outlives a reload as the text does.

import { clearRefusal, showRefusal } from "./refusals.js";

const onTheirWay = new Map(); // conversation → the names of the files that are being uploaded

let drafts = null;

export function keepFilesIn(kept) {
  drafts = kept;
}

export const isUploading = (conversation) => onTheirWay.has(conversation);

// Show what is attached to a conversation's draft, and what is about to be.
export function showAttached(form) {
  const list = form?.querySelector(".attached");
  if (list) {
    const conversation = form.dataset.conversation;
    const waiting = onTheirWay.get(conversation) ?? [];
    list.replaceChildren(...drafts.media(conversation).map(itemOf), ...waiting.map(waitingItemOf));
  }
}

function itemOf({ id, url, content_type: kind, name }) {
  const item = document.createElement("li");
  const preview = document.createElement(/^image\/(jpeg|jpg|png|gif|webp)$/.test(kind) ? "img" : "span");
  if (preview.tagName === "IMG") {
    preview.src = url;
    preview.alt = name;
  } else {
    preview.textContent = name;
  }

  const remove = document.createElement("button");
  remove.type = "button";
  remove.dataset.detach = id;
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${name}`);
  item.append(preview, remove);
  return item;
}

function waitingItemOf(name) {
  const item = document.createElement("li");
  item.textContent = `Uploading ${name}…`;
  return item;
}

async function attach(form, files) {
  clearRefusal(form);
  for (const file of files) {
    await upload(form, file);
  }
}

async function upload(form, file) {
  const conversation = form.dataset.conversation;
  const largest = Number(form.querySelector("input[type=file]").dataset.largest);
  if (file.size > largest) {
    refuse(form, `“${file.name}” is too large: at most ${largest / 1_000_000} MB can be sent.`);
    return;
  }

  wait(conversation, [...(onTheirWay.get(conversation) ?? []), file.name]);
  try {
    const headers = { "Content-Type": file.type || "application/octet-stream", "HX-Request": "true" };
    const answer = await fetch("/desk/media", { method: "POST", body: file, headers });
    if (answer.ok) {
      drafts.attach(conversation, { ...(await answer.json()), name: file.name });
    } else {
      showRefusal(formOf(conversation) ?? form, { status: answer.status, responseText: await answer.text() });
    }
  } catch {
    showRefusal(formOf(conversation) ?? form, { status: 0 });
  } finally {
    const names = onTheirWay.get(conversation);
    wait(conversation, names.toSpliced(names.indexOf(file.name), 1));
  }
}

function wait(conversation, names) {
  if (names.length) {
    onTheirWay.set(conversation, names);
  } else {
    onTheirWay.delete(conversation);
  }

  showAttached(formOf(conversation));
}

function refuse(form, words) {
  const refusal = `<p class="refusal"></p>`;
  const said = new DOMParser().parseFromString(refusal, "text/html");
  said.querySelector("p").textContent = words;
  showRefusal(form, { status: 422, responseText: said.body.innerHTML });
}

// The form may be another one by the time a file is there.
const formOf = (conversation) => document.querySelector(`.composer[data-conversation="${conversation}"]`);

const writableForm = (element) => {
  const form = element.closest("article[data-writable=yes]")?.querySelector(".composer");
  return form?.querySelector(".attached") ? form : null;
};

document.body.addEventListener("click", ({ target }) => {
  const form = target.closest(".composer");
  if (target.closest("[data-attach]")) {
    form.querySelector("input[type=file]").click();
  }

  const detach = target.closest("[data-detach]");
  if (detach) {
    drafts.detach(form.dataset.conversation, detach.dataset.detach);
    showAttached(form);
    form.querySelector("textarea").focus();
  }
});

document.body.addEventListener("change", ({ target }) => {
  if (target.matches(".composer input[type=file]")) {
    attach(target.form, Array.from(target.files));
    target.value = "";
    target.form.querySelector("textarea").focus();
  }
});

document.body.addEventListener("paste", (event) => {
  const files = Array.from(event.clipboardData.files);
  const form = files.length ? writableForm(event.target) : null;
  if (form) {
    event.preventDefault();
    attach(form, files);
  }
});

// A file that is dropped beside its place would take the whole page away.
document.body.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());

document.body.addEventListener("drop", (event) => {
  const files = Array.from(event.dataTransfer.files);
  if (files.length) {
    event.preventDefault();
    const form = writableForm(event.target);
    form && attach(form, files);
  }
});
