// Shares that are inferred from counts: between what even calls make of them and what counts let through. With what they are of. Pure.

import type { OwnTime } from "../api/shape.ts";
import { count, counted, duration, NOTHING, share } from "./format.ts";
import { shown, word } from "./shown.ts";
import { spaced } from "./words.ts";

interface Hit {
  measure: string;
  requests: number;
  share_if_even: number | null;
  share_at_most: number | null;
}

/** Of counted requests, the share times those: about as many, never more exact than that. */
function some(part: number, requests: number): string {
  return `${count(Math.round(part * requests))} of ${count(requests)} (${share(part)})`;
}

/** `about 3,780 of 9,000 (42 %), at most 8,438 of 9,000 (93.8 %) calls made`. */
export function atMost({ measure, requests, share_if_even: even, share_at_most: most }: Hit): string {
  const noun = measure === "calls_made" ? "calls made" : "requests received";
  if (even === null && most === null) return `unknown of ${count(requests)} ${noun}`;
  if (even === null) return `at most ${some(most ?? 0, requests)} ${noun}`;
  return `about ${some(even, requests)}${most !== null && most !== even ? `, at most ${some(most, requests)}` : ""} ${noun}`;
}

function range(low: string, high: string): string {
  if (low === high) return low;
  return low === NOTHING ? high : `${low} to ${high}`;
}

/** `at least 3 (calls not seen)`: calls in the longest chain in which everybody waits. */
export function depthWords({ depth, depth_at_least: why }: { depth: number; depth_at_least: readonly string[] }): string {
  return why.length === 0 ? counted(depth, "call") : `at least ${counted(depth, "call")} (${why.map(spaced).join(", ")})`;
}

/** What dependencies leave, as a score from 0 to 1: a product of shares is a share of nothing that was counted. */
export function availabilityWords({ minimum, product, worst, not_judged: left }: { minimum: number | null; product: number | null; worst: string | null; not_judged: number }): string {
  if (minimum === null || product === null) return "unknown: nothing that it waits for could be judged";
  const least = (value: number): string => (Math.floor(value * 10_000) / 10_000).toFixed(4);
  const by = worst === null ? "" : `, bounded by ${shown(word(worst))}`;
  return `${least(product)} to ${least(minimum)}${by}${left > 0 ? `; ${counted(left, "dependency", "dependencies")} not judged` : ""}`;
}

/** `12 ms to 40 ms of 410 ms`: what a request takes there itself, of what it takes with all that is waited for. */
export function ownTime(own: OwnTime | null): string {
  if (!own) return "unknown";
  return `${range(duration(own.if_sequential_s), duration(own.if_parallel_s))} of ${duration(own.whole_s)}`;
}
