// Where lines run: out of a box on the right, into one on the left, never behind a box. What passes over columns runs between lanes
// or through a row that is free. Lines of one gutter lie beside each other, not on each other.

import type { Line } from "./lines.ts";
import { COLUMN_GAP, GUTTER, WIDTH, type Band, type Packing, type Placed } from "./packing.ts";

export interface Point {
  x: number;
  y: number;
}

export interface Route {
  line: Line;
  d: string;
  /** Along the line, for its label. */
  points: Point[];
  end: Point;
}

type Piece = [Point, Point, Point, Point];

/** Ends of lines on one side of a box, spread over its height by where they lead. */
function spread(lines: readonly Line[], boxes: ReadonlyMap<string, Placed>, side: "source" | "destination"): Map<string, number> {
  const other = side === "source" ? "destination" : "source";
  const at = new Map<string, Line[]>();
  for (const line of lines) at.set(line[side], [...(at.get(line[side]) ?? []), line]);
  const heights = new Map<string, number>();
  for (const [key, list] of at) {
    const box = boxes.get(key);
    if (!box) continue;
    const far = (line: Line): number => boxes.get(line[other])?.y ?? 0;
    list.sort((a, b) => far(a) - far(b) || (a.key < b.key ? -1 : 1));
    const step = Math.min(8, (box.height - 12) / Math.max(list.length - 1, 1));
    list.forEach((line, i) => heights.set(line.key, box.y + box.height / 2 + (i - (list.length - 1) / 2) * step));
  }
  return heights;
}

function gutters(bands: readonly Band[]): number[] {
  return [...bands.map(({ y }) => y - GUTTER / 2), ...bands.slice(-1).map(({ y, height }) => y + height + GUTTER / 2)];
}

export function routes(lines: readonly Line[], { boxes, bands }: Packing): Route[] {
  const placed = new Map(boxes.map((box) => [box.key, box]));
  const [outs, ins] = [spread(lines, placed, "source"), spread(lines, placed, "destination")];
  const used = new Map<number, number>();
  const isFree = (y: number, from: number, to: number): boolean =>
    boxes.every((box) => box.at <= from || box.at >= to || y < box.y - 3 || y > box.y + box.height + 3);
  /** The free height of least detour between two columns; gutters are free always. */
  const passage = (a: number, b: number, from: number, to: number): number => {
    const own = from < to ? [a, b].filter((y) => isFree(y, from, to)) : [];
    const detour = (y: number): number => Math.abs(y - a) + Math.abs(y - b);
    const best = [...own, ...gutters(bands)].sort((p, q) => detour(p) - detour(q) || p - q)[0] ?? a;
    if (own.includes(best)) return best;
    const number = used.get(best) ?? 0;
    used.set(best, number + 1);
    return best + ((number % 5) - 2) * 2.6;
  };
  return lines.flatMap((line) => {
    const [source, destination] = [placed.get(line.source), placed.get(line.destination)];
    if (!source || !destination) return [];
    const a: Point = { x: source.x + WIDTH, y: outs.get(line.key) ?? source.y };
    const b: Point = { x: destination.x - 6, y: ins.get(line.key) ?? destination.y };
    const pieces: Piece[] = [];
    if (destination.at === source.at + 1) pieces.push(swing(a, b));
    else if (destination.at > source.at) {
      const y = passage(a.y, b.y, source.at, destination.at);
      const [p, q] = [{ x: a.x + COLUMN_GAP - 8, y }, { x: b.x - COLUMN_GAP + 14, y }];
      pieces.push(swing(a, p), straight(p, q), swing(q, b));
    } else {
      const y = passage(a.y, b.y, source.at, source.at);
      const [p, q] = [{ x: a.x, y }, { x: b.x, y }];
      pieces.push([a, { x: a.x + 46, y: a.y }, { x: a.x + 46, y }, p], straight(p, q), [q, { x: q.x - 46, y }, { x: q.x - 46, y: b.y }, b]);
    }
    return [{ line, d: path(pieces), points: pieces.flatMap(sampled), end: b }];
  });
}

function swing(a: Point, b: Point): Piece {
  const half = (b.x - a.x) / 2;
  return [a, { x: a.x + half, y: a.y }, { x: b.x - half, y: b.y }, b];
}

function straight(a: Point, b: Point): Piece {
  return [a, a, b, b];
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

function path(pieces: readonly Piece[]): string {
  const start = pieces[0]?.[0] ?? { x: 0, y: 0 };
  const curves = pieces.map(([, p, q, b]) => `C${round(p.x)} ${round(p.y)} ${round(q.x)} ${round(q.y)} ${round(b.x)} ${round(b.y)}`);
  return `M${round(start.x)} ${round(start.y)}${curves.join("")}`;
}

function sampled([a, p, q, b]: Piece): Point[] {
  return Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    const u = 1 - t;
    const mix = (k: "x" | "y"): number => u * u * u * a[k] + 3 * u * u * t * p[k] + 3 * u * t * t * q[k] + t * t * t * b[k];
    return { x: mix("x"), y: mix("y") };
  });
}
