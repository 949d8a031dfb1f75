// What is typed and not sent yet: kept in this browser until it is sent, through refreshes, refusals and restarts.
//
// Each draft carries the key under which it is sent. Sending again, after a double click or a lost answer, repeats the
// key, and the daemon sends the text once. A draft that is changed after it was sent is another text: it gets a new key.

const PREFIX = "cordboard:";

export class Drafts {
  constructor(person) {
    this.prefix = `${PREFIX}${person}:draft:`;
  }

  read(conversation) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + conversation)) || { text: "", key: newKey(), tried: "" };
    } catch {
      return { text: "", key: newKey(), tried: "" };
    }
  }

  // Keep what is typed; return the draft as it is then.
  write(conversation, text) {
    const draft = this.read(conversation);
    if (draft.tried && draft.tried !== text) {
      draft.key = newKey();
      draft.tried = "";
    }

    draft.text = text;
    this.keep(conversation, draft);
    return draft;
  }

  // Note that a draft goes out now, under its key.
  tried(conversation, text) {
    const draft = this.write(conversation, text);
    draft.tried = text;
    this.keep(conversation, draft);
    return draft;
  }

  // Forget what was sent; what was typed since then stays, as a text of its own.
  sent(conversation, text) {
    const draft = this.read(conversation);
    const rest = draft.text === text ? "" : draft.text;
    this.keep(conversation, { text: rest, key: newKey(), tried: "" });
    return rest;
  }

  keep(conversation, draft) {
    if (draft.text || draft.tried) {
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

// How many SMS a text takes: 160 characters of the GSM alphabet, or 70 of any; a part of several loses a few to its header.

const GSM =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_DOUBLE = "^{}\\[~]|€\f";

export function measure(text) {
  const characters = Array.from(text);
  const plain = characters.every((each) => GSM.includes(each) || GSM_DOUBLE.includes(each));
  const units = plain ? characters.length + characters.filter((each) => GSM_DOUBLE.includes(each)).length : text.length;
  const [one, more] = plain ? [160, 153] : [70, 67];
  return { characters: characters.length, parts: units <= one ? 1 : Math.ceil(units / more) };
}
