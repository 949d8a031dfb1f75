// What is typed and not surely sent yet: kept in this browser, through refreshes, refusals and restarts.
//
// A draft is what is in the box (text) and attached to it (media: uploads), and what has left it and is on its way to the
// daemon, in order (out). Each text goes under a key of its own. Sending the same text again, after its answer was lost, repeats the key, and the daemon sends it
// once; any other text gets a new one.

const PREFIX = "cordboard:";
const NOTHING = { text: "", media: [], out: [], tried: null };

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

  media(conversation) {
    return this.load(conversation).media;
  }

  attach(conversation, upload) {
    const draft = this.load(conversation);
    this.keep(conversation, { ...draft, media: [...draft.media, upload] });
  }

  detach(conversation, id) {
    const draft = this.load(conversation);
    this.keep(conversation, { ...draft, media: draft.media.filter((each) => each.id !== id) });
  }

  // What is in the box leaves it.
  push(conversation, text) {
    const { media, out, tried } = this.load(conversation);
    const key = tried && isSame(tried, { text, media }) ? tried.key : newKey();
    this.keep(conversation, { ...NOTHING, out: [...out, { text, media, key }] });
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
    const { text, media, out, tried } = this.load(conversation);
    const texts = [...out.map((each) => each.text), text].filter(Boolean);
    const files = [...out.flatMap((each) => each.media), ...media];
    this.keep(conversation, { text: texts.join("\n"), media: files, out: [], tried: out[0] ?? tried });
  }

  get any() {
    const conversations = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return conversations.some((key) => this.isUnsent(key.slice(this.prefix.length)));
  }

  // Whether there is something in the box or attached to it.
  isUnsent(conversation) {
    const { text, media } = this.load(conversation);
    return text.trim() !== "" || media.length > 0;
  }

  load(conversation) {
    const kept = localStorage.getItem(this.prefix + conversation);
    const draft = kept ? { ...NOTHING, ...JSON.parse(kept) } : NOTHING;
    return { ...draft, out: draft.out.map((each) => ({ media: [], ...each })) }; // an older page kept no attachments
  }

  keep(conversation, draft) {
    if (draft.text || draft.media.length || draft.out.length) {
      localStorage.setItem(this.prefix + conversation, JSON.stringify(draft));
    } else {
      localStorage.removeItem(this.prefix + conversation);
    }
  }
}

const isSame = (one, other) => one.text === other.text && idsOf(one) === idsOf(other);

const idsOf = ({ media = [] }) => media.map((each) => each.id).join(" ");

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
