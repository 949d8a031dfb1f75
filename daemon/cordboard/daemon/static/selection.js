// Which conversations of the supervisors' list are selected, and what is done with them.

const form = () => document.getElementById("bulk");
const boxes = () => Array.from(document.querySelectorAll('#bulk input[name="conversation"]'));
const everything = () => document.getElementById("pick-everything");

function chosen() {
  return everything()?.checked ? Number(everything().dataset.count) : boxes().filter((each) => each.checked).length;
}

// A wrap-up is finished, everything else can be moved and ended: what is selected may have both.
function selectedStates() {
  const all = everything()?.checked ? [everything()] : boxes().filter((each) => each.checked);
  return new Set(all.flatMap((each) => each.dataset.states.split(" ")));
}

function show() {
  if (!form()) {
    return;
  }

  const count = chosen();
  const picked = boxes().filter((each) => each.checked).length;
  document.getElementById("selected").textContent = count ? `${count} selected` : "None selected";
  const states = selectedStates();
  for (const button of form().querySelectorAll("[data-acts]")) {
    button.disabled = !states.has(button.dataset.acts);
  }

  const all = document.getElementById("pick-all");
  if (all) {
    all.checked = picked > 0 && picked === boxes().length;
    all.indeterminate = picked > 0 && !all.checked;
  }
}

// What was done is selected no more; what was refused still is.
function forget(refused) {
  const kept = new Set(refused.split(" "));
  for (const box of boxes()) {
    box.checked &&= kept.has(box.value);
  }

  if (everything()) {
    everything().checked = false;
  }

  document.getElementById("bulk-override").checked = false; // it is meant for once, as the reason is
  document.getElementById("bulk-why").value = "";
  show();
}

// What was done is old news once something else is selected; what was refused stays to be read.
function forgetResults() {
  const results = document.getElementById("bulk-results");
  if (!results.querySelector("li")) {
    results.replaceChildren();
  }
}

export function keepSelection() {
  document.body.addEventListener("change", ({ target }) => {
    if (target.id === "pick-all") {
      for (const box of boxes()) {
        box.checked = target.checked;
      }
    }

    if (target.closest("#bulk")) {
      forgetResults();
      show();
    }
  });

  document.body.addEventListener("htmx:confirm", (event) => {
    const asked = event.detail.triggeringEvent?.submitter;
    if (event.target.id === "bulk" && asked?.value === "close") {
      event.preventDefault();
      const count = chosen();
      if (confirm(count === 1 ? "End this conversation?" : `End ${count} conversations?`)) {
        event.detail.issueRequest(true);
      }
    }
  });

  document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "bulk-results") {
      forget(detail.target.querySelector("[data-refused]")?.dataset.refused ?? "");
    }

    show();
  });

  document.body.addEventListener("parts:refreshed", show);
  show();
}
