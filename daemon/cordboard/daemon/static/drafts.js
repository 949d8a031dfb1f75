// What is typed and not surely sent yet: kept in this browser, through refreshes, refusals and restarts.
//
// A draft is what is in the box (text), and what has left it and is on its way to the daemon, in order (out). Each text goes
// under a key of its own. Sending the same text again, after its answer was lost, repeats the key, and the daemon sends it
// once; any other text gets a new one.

const PREFIX = "cordboard:";
const NOTHING = { text: "", out: [], tried: null };

export class Drafts {
  constructor(person) {
    this.prefix = `${PREFIX}${person}:draft:`;
  }

  read(conversation) {
    return this.load(conversation).text;
  }

  write(conversation, text) {
    this.keep(conversation, { ...this.load(conversation), text });
  }

  // What is in the box leaves it.
  push(conversation, text) {
    const { out, tried } = this.load(conversation);
    const key = tried?.text === text ? tried.key : newKey();
    this.keep(conversation, { text: "", out: [...out, { text, key }], tried: null });
  }

  // What goes next, and under which key.
  next(conversation) {
    return this.load(conversation).out[0];
  }

  // It was sent.
  done(conversation) {
    const draft = this.load(conversation);
    this.keep(conversation, { ...draft, out: draft.out.slice(1) });
  }

  // It was not, or nobody knows: all that was on its way is back in the box, before what was typed meanwhile.
  back(conversation) {
    const { text, out, tried } = this.load(conversation);
    const texts = [...out.map((each) => each.text), text].filter(Boolean);
    this.keep(conversation, { text: texts.join("\n"), out: [], tried: out[0] ?? tried });
  }

  get any() {
    return Object.keys(localStorage).some((key) => key.startsWith(this.prefix) && JSON.parse(localStorage[key]).text);
  }

  load(conversation) {
    const kept = localStorage.getItem(this.prefix + conversation);
    return kept ? JSON.parse(kept) : NOTHING;
  }

  keep(conversation, draft) {
    if (draft.text || draft.out.length) {
      localStorage.setItem(this.prefix + conversation, JSON.stringify(draft));
    } else {
      localStorage.removeItem(this.prefix + conversation);
    }
  }
}

// Nothing of one person's stays for the next one at this computer.
export function forgetEverything() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX)) {
      localStorage.removeItem(key);
    }
  }
}

// crypto.randomUUID exists over HTTPS and on this machine only; this exists everywhere.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (each) => each.toString(16).padStart(2, "0")).join("");
}
