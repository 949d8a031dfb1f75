// Which conversations have texts that this person has not looked at, in this browser.

export function markUnread(person, open) {
  const key = `cordboard:${person}:seen`;
  const seen = read(key);
  const links = Array.from(document.querySelectorAll("#mine [data-list] a[data-heard]"));
  const kept = {};
  for (const link of links) {
    const id = link.dataset.conversation;
    if (id in seen) {
      kept[id] = seen[id];
    }
  }

  if (open && !document.hidden) {
    kept[open.dataset.conversation] = Math.max(Number(open.dataset.heard), kept[open.dataset.conversation] ?? 0);
  }

  if (links.length || open) {
    localStorage.setItem(key, JSON.stringify(kept));
  }

  for (const link of links) {
    const unread = Number(link.dataset.heard) > (kept[link.dataset.conversation] ?? 0);
    link.classList.toggle("unread", unread);
    if (unread) {
      link.setAttribute("aria-description", "New text");
    } else {
      link.removeAttribute("aria-description");
    }
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}
