// The windows that the strip under the slider has a bar for, and what is told of each: failures and coverage. Pure; times in milliseconds.

import type { Groups } from "../api/over-time.ts";
import { counted, shareOf, span } from "../model/format.ts";
import { errorLook, failures } from "../model/looks.ts";
import { iso } from "../shell/window.ts";

const MOST = 12;

interface Stretch {
  from: string;
  to: string;
}

/** Whole windows that are over, the newest last: their borders are multiples of their length, so that they stay the same while time goes on. */
export function stretches({ min, max }: { min: number; max: number }, windowSeconds: number): Stretch[] {
  const length = windowSeconds * 1000;
  const last = Math.floor(max / length) * length;
  const ends = Array.from({ length: MOST }, (_, i) => last - (MOST - 1 - i) * length).filter((end) => end >= min);
  return ends.map((end) => ({ from: iso(end - length), to: iso(end) }));
}

interface Part {
  failed: number;
  of: number;
}

export interface Told extends Stretch {
  /** Requests and connections, which are never added. */
  requests: Part;
  connections: Part;
  /** `null`: it is not known what should have been covered. */
  covered: number | null;
  coverage: string;
  resolution: string;
  isSealed: boolean;
}

export function told(answer: Groups): Told {
  const part = (measure: string): Part =>
    answer.groups.filter((group) => group.measure === measure).reduce((sum, { failed, failed_of: of }) => ({ failed: sum.failed + failed, of: sum.of + of }), { failed: 0, of: 0 });
  const { covered_s: covered, expected_s: expected } = answer.completeness.time_covered;
  const isKnown = expected !== null && expected > 0;
  return {
    from: answer.from, to: answer.to, requests: part("requests"), connections: part("connections"), resolution: answer.resolution ?? "10s",
    covered: isKnown ? Math.min(covered / expected, 1) : null, coverage: isKnown ? `${shareOf(covered, expected)} = ${span(covered)} / ${span(expected)}` : "unknown",
    isSealed: answer.sealed_to !== null && answer.sealed_to >= answer.to,
  };
}

export const ratio = ({ failed, of }: Part): number => (of > 0 ? failed / of : 0);
export const worse = ({ requests, connections }: Told): Part => (ratio(connections) > ratio(requests) ? connections : requests);

/** Of what nobody covered nothing is known; what was covered in part is never fine. */
export function lookOf(one: Told): string {
  const { failed, of } = worse(one);
  if (of === 0) return "none";
  return errorLook({ failed, failedOf: of, finding: null }, (one.covered ?? 0) < 1).name;
}

/** What a screen reader hears of all bars. */
export function summary(list: readonly Told[], windowSeconds: number): string {
  const worst = [...list].sort((a, b) => ratio(worse(b)) - ratio(worse(a)))[0];
  if (!worst) return "Failures over time: nothing known yet";
  const partly = list.filter(({ covered }) => covered === null || covered < 1).length;
  const { failed, of } = worse(worst);
  const most = failed > 0 ? `at most ${failures(failed, of)} failed, until ${worst.to.slice(11, 16)}` : "no failures seen";
  return `Failures in ${counted(list.length, "window")} of ${span(windowSeconds)}: ${most}; ${partly === 0 ? "all wholly covered" : `${partly} not wholly covered`}`;
}
