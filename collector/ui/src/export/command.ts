// The command that shows in a terminal what the page shows. Text from outside is quoted for a shell; nothing is run here.

import type { View } from "../state/address.ts";

const PLAIN = /^[\w./:=@%+,-]+$/;
/** What a terminal could take for more than text. */
const STEERING = /[\p{C}\p{Z}\p{Mn}\p{Me}]/u;

/** One word for a POSIX shell; what does not show stands as an escape of bash's and zsh's `$'...'`. */
export function quoted(text: string): string {
  if (PLAIN.test(text)) return text;
  if (![...text].some((char) => char !== " " && STEERING.test(char))) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = [...text].map((char) => {
    if (char === "\\" || char === "'") return `\\${char}`;
    if (char === " " || !STEERING.test(char)) return char;
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `$'${escaped.join("")}'`;
}

/** Where `hogusu` looks by itself. */
const DEFAULT = "http://127.0.0.1:7070";

/** `series` and `compliance` take no parts of a map: neither filters nor traffic that is left out. */
function options(view: View, base: string, { isFiltered, isSeries }: { isFiltered?: boolean; isSeries?: boolean }): string[] {
  const words: string[] = [];
  if (view.from && view.to) words.push("--from", view.from, "--to", view.to);
  else words.push("--since", view.since);
  if (isFiltered) {
    if (view.namespace) words.push("--namespace", view.namespace);
    if (view.protocol) words.push("--protocol", view.protocol);
    if (view.security) words.push("--security", view.security);
  }
  if (!isSeries) for (const kind of view.include) words.push("--include", kind);
  if (base !== DEFAULT) words.push("--url", base);
  return words;
}

/** `base` is where the collector is, without a slash at its end. */
export function commandOf(view: View, base: string): string {
  const words = ["hogusu"];
  const url = base !== DEFAULT ? ["--url", base] : [];
  if (view.view === "compare" && view.a) words.push("diff", view.a, ...(view.b ? [view.b] : []), ...url);
  else if (view.view === "compare") words.push("baseline", "list", ...url);
  else if (view.view === "map" && view.show === "matrix") words.push("groups", "--by", view.by, ...options(view, base, { isFiltered: true }));
  else if ((view.view === "map" || view.view === "edge") && view.edge) words.push("series", view.edge, ...options(view, base, { isSeries: true }));
  else if (view.view === "compliance") words.push("compliance", "--policy", "DIR", ...options(view, base, { isSeries: true }));
  else if (view.view === "coupling" || view.view === "entries") words.push(view.view, ...options(view, base, {}));
  else if (view.view !== "edge" && view.view !== "findings" && view.workload && view.part === "impact") words.push("impact", view.workload, ...options(view, base, {}));
  else if (view.view !== "edge" && view.view !== "findings" && view.workload && view.part === "calls") words.push("entries", "--workload", view.workload, ...options(view, base, {}));
  else if (view.view !== "edge" && view.view !== "findings" && view.workload) words.push("map", "--workload", view.workload, ...options(view, base, {}));
  else words.push("map", "--all", ...options(view, base, { isFiltered: true }));
  return words.map(quoted).join(" ");
}

/** Where the collector of this page is. */
export function baseOf(place: { origin: string; pathname: string }): string {
  return `${place.origin}${place.pathname.replace(/\/(index\.html)?$/, "")}`;
}
