// How many SMS a text takes, exactly as cordboard.engine.segments counts it: change both together.

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION = "\f^{}\\[~]|€"; // each takes two septets, the first of which is an escape
const ESCAPE = "\x1b";

const ALONE = { "GSM-7": 160, "UCS-2": 70 }; // units that fit into a segment that is alone: septets, or code units
const JOINED = { "GSM-7": 153, "UCS-2": 67 }; // and into one of several
const MOST_NAMED = 3; // a text with more characters that GSM-7 lacks is in another script: nothing to hint at

const oneOf = (letters) => `[${letters.replace(/[\\\]^[-]/g, "\\$&")}]`;
const GSM_7 = new RegExp(`^${oneOf(BASIC + EXTENSION)}*$`, "u");
const EXTENDED = new RegExp(oneOf(EXTENSION), "gu");
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

export const fitsGsm7 = (text) => GSM_7.test(text);

// In UCS-2, whatever people see as one character is one; in GSM-7, each of the extension table is two.
export function measure(text) {
  if (fitsGsm7(text)) {
    const septets = text.replace(EXTENDED, `${ESCAPE}$&`);
    return measured("GSM-7", septets.length, sizesOfSeptets(septets));
  }

  const characters = charactersOf(text);
  return measured("UCS-2", characters.length, sizesOfCharacters(characters));
}

// The few characters that make a text take more SMS than it would in GSM-7, and how many it would take; or nothing.
export function costly(text) {
  const characters = charactersOf(text);
  const lacking = new Set(characters.filter((each) => !fitsGsm7(each)));
  if (!lacking.size || lacking.size > MOST_NAMED) {
    return null;
  }

  const instead = measure(characters.map((each) => (lacking.has(each) ? "x" : each)).join("")).segments;
  return instead < measure(text).segments ? { characters: [...lacking], instead } : null;
}

function measured(encoding, characters, sizes) {
  const used = sizes.at(-1) ?? 0;
  const room = (sizes.length > 1 ? JOINED : ALONE)[encoding];
  return { encoding, segments: sizes.length, characters, used, left: room - used };
}

function charactersOf(text) {
  return Array.from(graphemes.segment(text), (each) => each.segment).flatMap((each) =>
    each === "\r\n" ? ["\r", "\n"] : [each], // carriers count two
  );
}

function sizesOfSeptets(septets) {
  if (septets.length <= ALONE["GSM-7"]) {
    return septets ? [septets.length] : [];
  }

  const sizes = [];
  for (let start = 0; start < septets.length; start += sizes.at(-1)) {
    const end = Math.min(start + JOINED["GSM-7"], septets.length);
    sizes.push(end - start - (septets[end - 1] === ESCAPE ? 1 : 0));
  }

  return sizes;
}

function sizesOfCharacters(characters) {
  const widths = characters.flatMap(unbreakable);
  const whole = widths.reduce((sum, each) => sum + each, 0);
  if (whole <= ALONE["UCS-2"]) {
    return [whole];
  }

  const sizes = [0];
  for (const width of widths) {
    if (sizes.at(-1) + width > JOINED["UCS-2"]) {
      sizes.push(0);
    }

    sizes[sizes.length - 1] += width;
  }

  return sizes;
}

// A character is kept whole; but one that no segment can hold is cut between its code points.
function unbreakable(character) {
  return character.length <= JOINED["UCS-2"] ? [character.length] : Array.from(character, (each) => each.length);
}
