// How text from outside is shown: nothing in it is invisible, and nothing of it steers the reader. What has no glyph of its own stands
// as \u{1b}, as on the command line. A value that is asked for or compared stays as it is.

/** Controls, formats (bidi controls are some), separators, marks that join the character before, what is not assigned, blank letters. */
const HIDDEN = /[\p{C}\p{Z}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u;
/** One of those, a space that does not show beside another one, and a backslash that would look like an escape. */
const ESCAPED = /(?<= ) |(?! )[\p{C}\p{Z}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]|\\(?=u\{)/gu;

export function shown(text: string): string {
  if (!HIDDEN.test(text) && !text.includes("\\u{")) return text;
  return text.replace(ESCAPED, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
