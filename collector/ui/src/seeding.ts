// Where nodes start before the layout runs: sources left, destinations right, namespaces in lanes.
// The same map always starts, and so ends, in the same picture.

import type { Drawing, Line } from "./elements.ts";

export interface Point {
  x: number;
  y: number;
}

const COLUMN = 230;
const LANE = 150;
const ROW = 70;

/** How many hops a node is from the nearest node without sources; a cycle is entered where it is met first. */
export function depths(ids: readonly string[], lines: readonly Line[]): Map<string, number> {
  const incoming = new Map(ids.map((id) => [id, 0]));
  const outgoing = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { source, target } of lines) {
    if (source === target || !incoming.has(source) || !incoming.has(target)) continue;
    incoming.set(target, (incoming.get(target) ?? 0) + 1);
    outgoing.get(source)?.push(target);
  }
  const depth = new Map<string, number>();
  const waiting = new Set(ids);
  while (waiting.size > 0) {
    const free = [...waiting].filter((id) => (incoming.get(id) ?? 0) <= 0);
    const [first] = waiting;
    const step = free.length > 0 || first === undefined ? free : [first];
    for (const id of step) {
      waiting.delete(id);
      const here = depth.get(id) ?? 0;
      depth.set(id, here);
      for (const next of outgoing.get(id) ?? []) {
        incoming.set(next, (incoming.get(next) ?? 0) - 1);
        if (waiting.has(next)) depth.set(next, Math.max(depth.get(next) ?? 0, here + 1));
      }
    }
  }
  return depth;
}

/** Variant 0 puts lanes in the order of their first hop; the others shift and mirror lanes and rows, each time the same way. */
export function seeds(drawing: Drawing, variant = 0): Map<string, Point> {
  const nodes = [...drawing.nodes].sort((a, b) => a.id.localeCompare(b.id, "en"));
  const depth = depths(nodes.map((n) => n.id), drawing.lines);
  const lanes = new Map<string | null, number>();
  for (const { group } of [...nodes].sort((a, b) => (depth.get(a.id) ?? 0) - (depth.get(b.id) ?? 0))) {
    if (!lanes.has(group)) lanes.set(group, lanes.size);
  }
  const taken = new Map<string, number>();
  const points = new Map<string, Point>();
  for (const { id, group } of nodes) {
    const [column, first] = [depth.get(id) ?? 0, lanes.get(group) ?? 0];
    const lane = (first + (variant >> 1)) % Math.max(lanes.size, 1);
    const place = `${column}|${lane}`;
    const row = taken.get(place) ?? 0;
    taken.set(place, row + 1);
    points.set(id, { x: column * COLUMN, y: lane * LANE + (variant % 2 === 0 ? row : -row) * ROW });
  }
  return points;
}
