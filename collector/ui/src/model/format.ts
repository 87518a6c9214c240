// Numbers, durations, shares and times as people read them. Rounding never turns "almost" into "all" or "none".

export const NOTHING = "-";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(value: number): string {
  return grouped.format(value);
}

/** `1 request`, `2 requests`. */
export function counted(value: number, noun: string, many = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}

function trimmed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A share in percent. Only a true zero reads `0`, only the whole reads `100 %`. */
export function share(ratio: number | null): string {
  if (ratio === null || Number.isNaN(ratio)) return NOTHING;
  if (ratio <= 0) return "0";
  if (ratio === 1) return "100 %";
  const percent = ratio * 100;
  if (percent < 0.01) return "<0.01 %";
  if (percent < 1) return `${trimmed(percent, 2)} %`;
  if (percent > 100) return `${count(percent)} %`;
  if (percent > 99.99) return ">99.99 %";
  if (percent > 99) return `${trimmed(Math.floor(percent * 100 + 1e-9) / 100, 2)} %`;
  return `${trimmed(percent, 1)} %`;
}

/** `failed` of `total` as a share: exact at both ends, whatever a ratio was rounded to on its way. */
export function shareOf(part: number, whole: number): string {
  if (whole <= 0) return NOTHING;
  if (part === whole) return "100 %";
  const text = share(part / whole);
  return text === "100 %" ? ">99.99 %" : text;
}

/** A duration in seconds with three significant digits at most; null (too few samples) reads `-`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  if (seconds <= 0) return "0";
  if (seconds < 1e-6) return "<1 µs";
  const s = Number(seconds.toPrecision(seconds < 0.01 ? 2 : 3));
  if (s < 1e-3) return `${trimmed(s * 1e6, 0)} µs`;
  if (s < 1) return `${trimmed(s * 1e3, s < 0.01 ? 1 : 0)} ms`;
  return `${trimmed(s, s < 10 ? 2 : 1)} s`;
}

/** A rate per second. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return "0";
  if (perSecond < 0.01) return "<0.01";
  if (perSecond < 1) return perSecond.toFixed(2);
  if (perSecond < 1000) return perSecond.toFixed(1);
  return count(perSecond);
}

export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${trimmed(scaled, unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** How long a stretch of time is, in the two largest units: `5m`, `1h 30m`, `45s`. */
export function span(seconds: number): string {
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor((whole % 86400) / 3600), "h"],
    [Math.floor((whole % 3600) / 60), "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(" ");
}

/** `14:02:00Z` out of an RFC 3339 time in UTC. */
export function clock(instant: string): string {
  const time = new Date(instant);
  return Number.isNaN(time.getTime()) ? instant : `${time.toISOString().slice(11, 19)}Z`;
}

/** `2026-11-24 14:02:00Z to 14:07:00Z (5m)`. The day is said again only where it changes. */
export function period(from: string, to: string): string {
  const [a, b] = [new Date(from), new Date(to)];
  if (Number.isNaN(a.getTime()) || Number.isNaN(b.getTime())) return `${from} to ${to}`;
  const [dayA, dayB] = [a.toISOString().slice(0, 10), b.toISOString().slice(0, 10)];
  const end = dayA === dayB ? clock(to) : `${dayB} ${clock(to)}`;
  return `${dayA} ${clock(from)} to ${end} (${span((b.getTime() - a.getTime()) / 1000)})`;
}
