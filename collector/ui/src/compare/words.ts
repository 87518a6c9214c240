// What a diff says of an edge, as a look and in words. "Not enough data" and "no word" are never "same". Pure.

import type { DiffEdge, DiffPeriod, Interval } from "../api/over-time.ts";
import { count, counted } from "../model/format.ts";
import type { Look } from "../model/looks.ts";

export const WORDS = ["added", "removed", "not_seen", "slower", "failures_up", "security_changed", "faster", "failures_down", "same", "not_enough_data"] as const;

const SIGN: Record<string, string> = { added: "+", removed: "−", not_seen: "?", slower: "▲", failures_up: "▲", security_changed: "!", faster: "▼", failures_down: "▼", same: "=", not_enough_data: "…" };

export function wordText(word: string): string {
  return word.replaceAll("_", " ");
}

export function sign(word: string): string {
  return SIGN[word] ?? "";
}

const LOOKS: Record<string, Look["name"]> = { added: "added", removed: "removed", slower: "slower", failures_up: "slower", security_changed: "slower", faster: "faster", failures_down: "faster", same: "same" };

/** The first of the words in the order of urgency; without any the diff says nothing. */
export function changeLook(edge: DiffEdge | undefined): { look: Look; label: string } {
  const word = WORDS.find((candidate) => edge?.words.includes(candidate));
  if (!word) return { look: { name: "thin", weight: 1, words: "no word is said", dashed: true }, label: "" };
  const name = LOOKS[word] ?? "thin";
  const isQuiet = word === "same" || word === "not_enough_data";
  const look: Look = { name, weight: WORDS.length - WORDS.indexOf(word), words: wordText(word), dashed: name === "removed" || name === "thin" };
  return { look, label: isQuiet ? "" : `${sign(word)} ${effect(edge as DiffEdge, word)}` };
}

function effect(edge: DiffEdge, word: string): string {
  if ((word === "slower" || word === "faster") && edge.latency?.ratio) return times(edge.latency.ratio);
  if (word.startsWith("failures") && edge.failures?.difference) return points(edge.failures.difference);
  return wordText(word);
}

/** What a period lacks for good, or until its senders end: each kind by its own word, for they are never added. */
export function missing({ lost_batches: lost, refused_batches: refused, unclosed_senders: unclosed }: DiffPeriod["completeness"]): string {
  return `batches lost ${count(lost)}, refused ${count(refused)}; ${unclosed === 0 ? "no sender" : counted(unclosed, "sender")} gone silent without an end`;
}

/** `1.80x, 1.60–2.10`. */
export function times({ value, low, high }: Interval): string {
  return `${value.toFixed(2)}x, ${low.toFixed(2)}–${high.toFixed(2)}`;
}

/** Difference of two shares, in points. */
export function points({ value, low, high }: Interval): string {
  const text = (number: number): string => `${number > 0 ? "+" : ""}${(number * 100).toFixed(2).replace("-", "−")}`;
  return `${text(value)} points, ${text(low)} to ${text(high)}`;
}
