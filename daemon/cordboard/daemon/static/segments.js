// How many SMS a text takes: 160 characters of the GSM alphabet, or 70 of any; a part of several loses a few to its header.

const GSM =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_DOUBLE = "^{}\\[~]|€\f"; // each takes two places

export function measure(text) {
  const letters = Array.from(text);
  const gsm = letters.every((each) => GSM.includes(each) || GSM_DOUBLE.includes(each));
  const widths = letters.map((each) => (gsm ? (GSM_DOUBLE.includes(each) ? 2 : 1) : each.length));
  return { characters: letters.length, parts: gsm ? count(widths, 160, 153) : count(widths, 70, 67) };
}

// No letter is split over two parts.
function count(widths, alone, joined) {
  if (widths.reduce((sum, each) => sum + each, 0) <= alone) {
    return 1;
  }

  let parts = 1;
  let room = joined;
  for (const width of widths) {
    if (width > room) {
      parts += 1;
      room = joined;
    }

    room -= width;
  }

  return parts;
}
