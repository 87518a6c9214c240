// Where the words on lines stand: at 0.6 of the line, moved along it where a box or another label is. Pure.

import { WIDTH, type Placed } from "./packing.ts";
import type { Point, Route } from "./routes.ts";

export interface Label {
  route: Route;
  /** One or two: a share, and what it is of. */
  lines: string[];
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

const TALL = 17;
const PLACES = [0.6, 0.5, 0.7, 0.4, 0.8, 0.3, 0.9];
/** Beside the line, where it is too crowded on it. Pixels. */
const BESIDE = [0, -24, 24];

function along(points: readonly Point[], share: number): Point {
  const lengths = points.slice(1).map((p, i) => Math.hypot(p.x - (points[i] as Point).x, p.y - (points[i] as Point).y));
  let left = lengths.reduce((sum, length) => sum + length, 0) * share;
  for (const [i, length] of lengths.entries()) {
    const [a, b] = [points[i] as Point, points[i + 1] as Point];
    if (left <= length && length > 0) return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    left -= length;
  }
  return points[points.length - 1] ?? { x: 0, y: 0 };
}

/** Area that two have in common, in square pixels. */
function overlap(a: Area, b: Area): number {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const tall = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return wide > 0 && tall > 0 ? wide * tall : 0;
}

/** Width of a text at 11 px, roughly: what is too wide only keeps others a little further away. */
function textWidth(text: string): number {
  const capitals = text.replace(/[^A-Z]/g, "").length;
  return text.length * 6.4 + capitals * 1.6 + 14;
}

export function labels(routes: readonly Route[], boxes: readonly Placed[], text: (route: Route) => string[]): Label[] {
  const taken: Area[] = boxes.map(({ x, y, height }) => ({ x, y, width: WIDTH, height }));
  const told = routes.map((route) => ({ route, lines: text(route) })).filter(({ lines }) => lines.length > 0);
  told.sort((a, b) => b.route.line.look.weight - a.route.line.look.weight || (a.route.line.key < b.route.line.key ? -1 : 1));
  return told.map(({ route, lines }) => {
    const width = Math.max(...lines.map(textWidth)) + (route.line.isPlain ? 15 : 0);
    const height = TALL + (lines.length - 1) * 12;
    const areas = BESIDE.flatMap((beside) =>
      PLACES.map((share) => {
        const { x, y } = along(route.points, share);
        return { x: x - width / 2, y: y - height / 2 + beside, width, height };
      }),
    );
    const crowded = (area: Area): number => taken.reduce((sum, other) => sum + overlap(area, other), 0);
    const area = areas.find((candidate) => crowded(candidate) === 0) ?? [...areas].sort((a, b) => crowded(a) - crowded(b))[0] ?? (areas[0] as Area);
    taken.push(area);
    return { route, lines, x: area.x + width / 2, y: area.y + height / 2, width, height };
  });
}
