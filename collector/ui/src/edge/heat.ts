// How warm a duration is: one of five, by orders of magnitude between the shortest and the longest of both reporters. Pure.

import type { Point, PointReport } from "../api/over-time.ts";

export const QUANTILES = ["p50_s", "p90_s", "p99_s"] as const;
const LEVELS = 5;

/** Upper bounds of the levels in seconds, the coldest first; none where nothing was measured. */
export function bounds(points: readonly Point[]): number[] {
  const reports = points.flatMap(({ source_report: source, destination_report: destination }) => [source, destination]).filter((report): report is PointReport => report !== null);
  const seen = reports.flatMap((report) => QUANTILES.map((name) => report[name])).filter((value): value is number => value !== null && value > 0);
  if (seen.length === 0) return [];
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  if (low === high) return [high];
  return Array.from({ length: LEVELS }, (_, i) => (i === LEVELS - 1 ? high : low * (high / low) ** ((i + 1) / LEVELS)));
}

/** From 1, the coldest. */
export function level(value: number, scale: readonly number[]): number {
  const place = scale.findIndex((bound) => value <= bound);
  return place < 0 ? scale.length : place + 1;
}
