// Keys of the whole page. Letters can be switched off (WCAG 2.1.4), and count for nothing while somebody types.

import { seconds } from "../state/address.ts";
import { change, findings, graph, view } from "../state/store.ts";
import { iso } from "./window.ts";

const OFF = "hogusu letters off";

// Storage may be forbidden; then the choice lasts as long as the page.
let chosen: boolean | null = null;

export function lettersOff(): boolean {
  if (chosen !== null) return chosen;
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

export function setLetters(isOff: boolean): void {
  chosen = isOff;
  try {
    localStorage.setItem(OFF, isOff ? "1" : "0");
  } catch {
    // As above.
  }
}

export const KEYS: readonly (readonly [string, string])[] = [
  ["/", "search"],
  ["e", "colour: errors"],
  ["m", "colour: mutual TLS"],
  ["c", "compare"],
  ["j, k", "next, previous finding"],
  ["[, ]", "one window earlier, later"],
  ["arrows", "walk the map: left to sources, right to destinations"],
  ["Enter", "open what has the focus"],
  ["Esc", "close, back"],
  ["?", "this list"],
];

function step(way: -1 | 1): void {
  const about = (findings.value ?? []).filter(({ edge_id: id }) => id !== null);
  if (about.length === 0) return;
  const now = about.findIndex(({ edge_id: id }) => id === view.value.edge);
  const next = about[(now + way + about.length + (now < 0 && way < 0 ? 1 : 0)) % about.length];
  change({ view: view.value.view === "edge" ? "edge" : "map", edge: next?.edge_id ?? null, workload: null });
}

function shift(way: -1 | 1): void {
  const { from, to, since } = view.value;
  const end = to ?? graph.value?.to;
  if (!end || (way > 0 && !to)) return;
  const long = from && to ? Date.parse(to) - Date.parse(from) : seconds(since) * 1000;
  const next = Date.parse(end) + way * long;
  change(next > Date.now() ? { from: null, to: null } : { from: iso(next - long), to: iso(next) });
}

function back(): void {
  const { view: place, edge, workload, around, q } = view.value;
  if (place === "map" && (edge || workload)) change({ edge: null, workload: null, part: "" });
  else if (place === "map" && around) change({ around: null, depth: 1, at: null });
  else if (place === "map" && q) change({ q: "", page: 1 });
  else if (place !== "map") change({ view: "map" });
}

export function listen(help: () => void): void {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return back();
    if (isTyping || lettersOff()) return;
    const act: Record<string, () => void> = {
      "/": () => document.getElementById("search")?.focus(),
      e: () => change({ mode: "errors" }),
      m: () => change({ mode: "mtls" }),
      c: () => change({ view: "compare" }),
      j: () => step(1),
      k: () => step(-1),
      "[": () => shift(-1),
      "]": () => shift(1),
      "?": help,
    };
    const run = act[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
