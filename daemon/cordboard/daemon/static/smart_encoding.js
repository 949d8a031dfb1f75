// Typography in GSM-7's characters, exactly as cordboard.engine.smart_encoding does it: change both together.

import { fitsGsm7, measure } from "./segments.js";

const LOOK_ALIKES = {
  "'": "`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\uff07",
  '"': "\u00ab\u00bb\u02ba\u02dd\u02ee\u201c\u201d\u201e\u201f\u2033\u2036\u301d\u301e\u301f\uff02",
  "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d",
  "--": "\u2e3a",
  "---": "\u2e3b",
  "*": "\u2022\u2023\u204e\u2217",
  "/": "\u2044\u2215",
  "|": "\u00a6",
  "~": "\u02dc\u223c\uff5e",
  "^": "\u02c6",
  x: "\u00d7",
  ".": "\u00b7\u2024",
  "..": "\u2025",
  "...": "\u2026",
  "!!": "\u203c",
  "??": "\u2047",
  "?!": "\u2048",
  "!?": "\u2049",
  ff: "\ufb00",
  fi: "\ufb01",
  fl: "\ufb02",
  ffi: "\ufb03",
  ffl: "\ufb04",
  A: "\u0391",
  B: "\u0392",
  E: "\u0395",
  H: "\u0397",
  I: "\u0399",
  K: "\u039a",
  M: "\u039c",
  N: "\u039d",
  O: "\u039f",
  P: "\u03a1",
  T: "\u03a4",
  X: "\u03a7",
  Y: "\u03a5",
  Z: "\u0396",
  " ": "\u0009\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
  "\n": "\u000b\u0085\u2028\u2029",
  "":
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d" +
    "\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff",
};

const instead = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([gsm, others]) => Array.from(others, (other) => [other, gsm])),
);

export function smartEncode(text) {
  if (fitsGsm7(text)) {
    return text;
  }

  const encoded = Array.from(text.normalize("NFC"), (each) => instead.get(each) ?? each).join("");
  return fitsGsm7(encoded) && measure(encoded).segments <= measure(text).segments ? encoded : text;
}
