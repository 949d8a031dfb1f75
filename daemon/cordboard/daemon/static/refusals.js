// What was refused, in words, near where it was asked for: an element with data-notice names the place for what is in it.

export function showRefusal(element, xhr) {
  const words = document.createElement("p");
  words.classList.toggle("unreachable", !xhr.status);
  words.append(...refusalIn(xhr));
  noticeOf(element)?.replaceChildren(words);
}

// htmx calls nothing successful that sends it on to another page.
export const wasDone = (xhr) => xhr.status >= 200 && xhr.status < 300;

export function clearRefusal(element) {
  noticeOf(element)?.replaceChildren();
}

function noticeOf(element) {
  return document.querySelector(element.closest("[data-notice]")?.dataset.notice ?? "#bar-notice");
}

function refusalIn(xhr) {
  if (!xhr.status) {
    return ["Cordboard cannot be reached. Nothing you typed is lost: try again when the connection is back."];
  }

  const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("p.refusal");
  return said ? said.childNodes : [`The server answered ${xhr.status}, which nobody expected. Try again in a moment.`];
}

// That nobody could be reached is over once the line is back; every other refusal still holds.
document.body.addEventListener("line:back", () => {
  for (const each of document.querySelectorAll("p.unreachable")) {
    each.remove();
  }
});

document.body.addEventListener("htmx:beforeRequest", ({ target }) => clearRefusal(target));
