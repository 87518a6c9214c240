// Pairs of periods that are usual to compare: whole hours that are over. Pure.

const HOUR = 3_600_000;

interface Pair {
  words: string;
  a: string;
  b: string;
}

function hours(from: number, to: number): string {
  const text = (time: number): string => new Date(time).toISOString().replace(".000Z", "Z");
  return `${text(from)}/${text(to)}`;
}

/** `now` in milliseconds since 1970. */
export function usual(now: number): Pair[] {
  const end = Math.floor(now / HOUR) * HOUR;
  const pair = (words: string, long: number, back: number): Pair => ({
    words,
    a: hours(end - (back + long) * HOUR, end - back * HOUR),
    b: hours(end - long * HOUR, end),
  });
  return [pair("last hour with the one before", 1, 1), pair("last 24 hours with the day before", 24, 24), pair("last 7 days with the week before", 168, 168), pair("last 24 hours with a week ago", 24, 168)];
}
