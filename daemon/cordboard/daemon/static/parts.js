// Parts of a page that are fetched again when the daemon says that they have changed.
//
// A part is an element with data-part (its name) and data-source (where it comes from). What comes is merged into what is
// there, element by element: focus, selection and scrolling stay, and an open pop-over and whatever has data-keep is left alone.
// Of a list with data-choice the words are brought up to date, and what is chosen in it stays.
// However often a part changes while it is on its way, it is fetched once more, and the last word is what is shown.

const PATIENCE = 15_000; // milliseconds
const AGAIN = 2_000; // milliseconds until a part that could not be had is asked for again
const GRACE = 400; // milliseconds in which the daemon's own signal is waited for, after a request of ours

const running = new Map(); // part → whether it has changed since its fetch began
const begun = new Map(); // part → when its last fetch began

// What somebody is choosing from in an open pop-over is not taken from under their hands; a later refresh brings it up to date.
const isKept = (element) => element.dataset && ("keep" in element.dataset || element.matches(":popover-open, select[data-choice]:focus"));

// What somebody has opened, and what they have chosen.
const isTheirs = (name, element) =>
  (name === "open" && element.tagName === "DETAILS") || (name === "selected" && element.closest("[data-choice]") !== null);

Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => !(isKept(old) && old.id === fresh.id);
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => !isTheirs(name, element);

// Fetch parts again; "everything" stands for all of the page's.
export function refresh(names) {
  const wanted = names.includes("everything") ? partsOfPage() : names;
  for (const name of wanted) {
    if (running.has(name)) {
      running.set(name, true);
    } else if (elementOf(name)) {
      fetchPart(name);
    }
  }
}

// Make sure that all parts show what a request of ours has changed, even where the line that would say so is down.
export function refreshSoon() {
  const at = Date.now();
  setTimeout(() => refresh(partsOfPage().filter((name) => (begun.get(name) ?? 0) < at)), GRACE);
}

async function fetchPart(name) {
  let again = true;
  while (again) {
    running.set(name, false);
    begun.set(name, Date.now());
    const had = await fetchOnce(name);
    again = running.get(name) || !had;
    if (!had) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  running.delete(name);
}

// Return whether the part is as the daemon has it, or there is nothing to be had.
async function fetchOnce(name) {
  const source = elementOf(name)?.dataset.source;
  if (!source) {
    return true;
  }

  try {
    const answer = await fetch(source, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok && elementOf(name)?.dataset.source === source) {
      merge(await answer.text());
    }

    return answer.status < 500;
  } catch {
    return false;
  }
}

function merge(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of Array.from(fresh.children)) {
    const old = document.getElementById(element.id);
    if (old) {
      Idiomorph.morph(old, element, { morphStyle: "outerHTML" });
      htmx.process(document.getElementById(element.id));
    }
  }

  document.body.dispatchEvent(new CustomEvent("parts:refreshed"));
}

function partsOfPage() {
  return Array.from(document.querySelectorAll("[data-part]"), (each) => each.dataset.part);
}

function elementOf(name) {
  return document.querySelector(`[data-part="${name}"]`);
}
