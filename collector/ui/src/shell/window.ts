// The window of time: which lengths there are, what a slider over the kept time steps by, and where it stands. Pure; times in milliseconds.

import { seconds } from "../state/address.ts";

export const LENGTHS = ["1m", "5m", "15m", "1h", "6h", "1d", "7d"] as const;

const HOUR = 3_600_000;

/** How far back the collector keeps what how finely, as its status tells. */
type Kept = readonly { resolution: string; from: string | null }[];

/** The finest step that is kept back to `start`; of what reaches so far in none, the one that reaches furthest. */
function stepOf(start: number, kept: Kept): number {
  const reaches = kept.flatMap(({ resolution, from }) => (from === null ? [] : [{ step: seconds(resolution) * 1000, from: Date.parse(from) }])).sort((a, b) => a.step - b.step);
  const furthest = [...reaches].sort((a, b) => a.from - b.from || a.step - b.step)[0];
  return (reaches.find(({ from }) => from <= start) ?? furthest)?.step ?? SLOT;
}

/** What everything is counted by. */
const SLOT = 10_000;

/** `10m` of 600: the largest unit that they are a whole number of. */
export function lengthOf(long: number): string {
  for (const [unit, size] of [["d", 86_400], ["h", 3600], ["m", 60]] as const) if (long % size === 0) return `${long / size}${unit}`;
  return `${Math.round(long)}s`;
}

interface Slider {
  min: number;
  max: number;
  step: number;
  value: number;
}

/** The slider moves the window's end, over twelve of its lengths and an hour at least, as far as anything is kept: `kept` with its `oldest`. */
export function slider(now: number, windowSeconds: number, { oldest, kept }: { oldest: number | null; kept: Kept }, to: number | null): Slider {
  const length = windowSeconds * 1000;
  const reach = Math.max(12 * length, HOUR);
  const step = stepOf(Math.max(oldest ?? -Infinity, now - reach - length), kept);
  const max = Math.floor(now / step) * step;
  const first = Math.ceil((oldest === null ? max - reach : Math.max(oldest + length, max - reach)) / step) * step;
  const value = to === null ? max : Math.round(to / step) * step;
  const min = Math.min(first, max, value);
  return { min, max: Math.max(max, value), step, value };
}

export function iso(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** A window that ends there; `null` for both ends where it follows now. */
export function windowAt(end: number, { max }: Pick<Slider, "max">, windowSeconds: number): { from: string | null; to: string | null } {
  if (end >= max) return { from: null, to: null };
  return { from: iso(end - windowSeconds * 1000), to: iso(end) };
}
