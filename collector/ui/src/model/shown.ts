// How text from outside is shown: nothing in it is invisible, and nothing of it steers the reader. What has no glyph of its own stands
// as \u{1b}, as on the command line. A value that is asked for or compared stays as it is.

/** Controls, formats (bidi controls are some), separators, marks that join the character before, what is not assigned, blank letters. */
const BLIND = "\\p{C}\\p{Z}\\p{Mn}\\p{Me}\\u115f\\u1160\\u2800\\u3164\\uffa0";
/** Blocks of scripts from right to left: one such letter turns the words around it about. */
const TURNING = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}";
const HIDDEN = new RegExp(`[${BLIND}${TURNING}]`, "u");
/** One of those, a space that does not show beside another one, and a backslash that would look like an escape. */
const ESCAPED = new RegExp(`(?<= ) |(?! )[${BLIND}${TURNING}]|\\\\(?=u\\{)`, "gu");

export function shown(text: string): string {
  if (!HIDDEN.test(text) && !text.includes("\\u{")) return text;
  return text.replace(ESCAPED, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** A text that was written for people, as the collector's errors are: what it escaped stays as it is, and what it did not is still not let through. */
export function told(text: string): string {
  return text.replace(ESCAPED, (char) => (char === "\\" ? char : `\\u{${char.codePointAt(0)?.toString(16)}}`));
}

/** In quotes, with what would end them escaped. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\\u{", "\\u\\{")}"`;
}

const WORD = /^[\p{Alphabetic}\p{N}\-._:/~@%+=*[\]#&?]*$/u;

/** A name beside other words: in quotes where it holds what could be taken for the words around it, as on the command line. */
export function word(text: string): string {
  return WORD.test(text) ? text : quoted(text);
}

/** At most `most` characters, what is left out stands in the middle: names of one mesh begin alike and end alike. */
export function middle(text: string, most: number): string {
  const chars = [...text];
  if (chars.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${chars.slice(0, head).join("")}…${chars.slice(chars.length - (most - 1 - head)).join("")}`;
}
