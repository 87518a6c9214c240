// The window of time: which lengths there are, what a slider over the kept time steps by, and where it stands. Pure; times in milliseconds.

export const LENGTHS = ["1m", "5m", "15m", "1h", "6h", "1d", "7d"] as const;

const [SLOT, MINUTE, HOUR] = [10_000, 60_000, 3_600_000];

/** What the collector keeps so long ago, by its defaults: 10 s for two hours, minutes for three days, then hours. */
export function stepOf(long: number): number {
  if (long <= 2 * HOUR) return SLOT;
  return long <= 72 * HOUR ? MINUTE : HOUR;
}

/** `10m` of 600 seconds: the largest unit that they are a whole number of. */
export function lengthOf(seconds: number): string {
  for (const [unit, size] of [["d", 86_400], ["h", 3600], ["m", 60]] as const) if (seconds % size === 0) return `${seconds / size}${unit}`;
  return `${Math.round(seconds)}s`;
}

export interface Slider {
  min: number;
  max: number;
  step: number;
  value: number;
}

/** The slider moves the window's end, over twelve of its lengths and an hour at least, as far as anything is kept. */
export function slider(now: number, seconds: number, oldest: number | null, to: number | null): Slider {
  const length = seconds * 1000;
  const reach = Math.max(12 * length, HOUR);
  const step = stepOf(reach);
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
export function windowAt(end: number, { max }: Slider, seconds: number): { from: string | null; to: string | null } {
  if (end >= max) return { from: null, to: null };
  return { from: iso(end - seconds * 1000), to: iso(end) };
}
