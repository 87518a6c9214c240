// How tangled a placement is: lines that cross, and lines that run behind a node they do not belong to.

import type { Point } from "./seeding.ts";

export interface Span {
  source: string;
  target: string;
}

export interface Box extends Point {
  halfWidth: number;
  halfHeight: number;
}

const BEHIND_A_NODE = 3;

function side(a: Point, b: Point, c: Point): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

export function crosses(a: Point, b: Point, c: Point, d: Point): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Whether the line from `a` to `b` runs through the box. */
export function runsBehind(a: Point, b: Point, box: Box): boolean {
  const [left, right, top, bottom] = [box.x - box.halfWidth, box.x + box.halfWidth, box.y - box.halfHeight, box.y + box.halfHeight];
  const inside = (p: Point): boolean => p.x > left && p.x < right && p.y > top && p.y < bottom;
  if (inside(a) || inside(b)) return true;
  const diagonals: [Point, Point][] = [
    [{ x: left, y: top }, { x: right, y: bottom }],
    [{ x: left, y: bottom }, { x: right, y: top }],
  ];
  return diagonals.some(([c, d]) => crosses(a, b, c, d));
}

/** Lower is easier to read. */
export function tangle(boxes: ReadonlyMap<string, Box>, spans: readonly Span[]): number {
  const drawn = spans.flatMap((span) => {
    const [a, b] = [boxes.get(span.source), boxes.get(span.target)];
    return a && b && a !== b ? [{ ...span, a, b }] : [];
  });
  let score = 0;
  drawn.forEach((one, index) => {
    for (const other of drawn.slice(index + 1)) if (crosses(one.a, one.b, other.a, other.b)) score += 1;
    for (const [id, box] of boxes) {
      if (id !== one.source && id !== one.target && runsBehind(one.a, one.b, box)) score += BEHIND_A_NODE;
    }
  });
  return score;
}
