// Coordinates of what is drawn: lanes from top to bottom, columns from left to right, rows packed. Pixels of the unscaled picture.

import type { Box } from "./budget.ts";
import { OTHERS } from "./budget.ts";
import type { Lane } from "./ends.ts";

export const WIDTH = 164;
export const HEIGHT = 44;
const FLAT = 28;
export const COLUMN_GAP = 92;
const ROW_GAP = 14;
const PADDING = 9;
/** Between two lanes: lines that pass over columns run there. */
export const GUTTER = 16;
/** The lane's name stands left of its first column. */
const NAMES = 142;

export interface Placed extends Box {
  x: number;
  y: number;
  height: number;
  /** Which of the drawn columns. */
  at: number;
}

export interface Band {
  key: string;
  title: string;
  y: number;
  height: number;
  /** Ends in it, drawn or not. */
  size: number;
  isFolded: boolean;
}

export interface Packing {
  boxes: Placed[];
  bands: Band[];
  width: number;
  height: number;
}

export function packed(boxes: readonly Box[], lanes: ReadonlyMap<string, Lane>): Packing {
  const order = (lane: string): number => (lane === OTHERS ? Infinity : (lanes.get(lane)?.order ?? 0));
  const names = [...new Set(boxes.map(({ lane }) => lane))].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  const used = [...new Set(boxes.map(({ column }) => column))].sort((a, b) => a - b);
  const place = new Map(used.map((column, i) => [column, i]));
  const placed: Placed[] = [];
  const bands: Band[] = [];
  let y = GUTTER;
  for (const name of names) {
    const inside = boxes.filter(({ lane }) => lane === name).sort((a, b) => a.row - b.row || (a.key < b.key ? -1 : 1));
    const isFlat = inside.every(({ kind }) => kind === "lane");
    const tall = isFlat ? FLAT : HEIGHT;
    const filled = new Map<number, number>();
    for (const box of inside) {
      const at = place.get(box.column) ?? 0;
      const row = filled.get(at) ?? 0;
      filled.set(at, row + 1);
      placed.push({ ...box, at, x: NAMES + at * (WIDTH + COLUMN_GAP), y: y + PADDING + row * (tall + ROW_GAP), height: tall });
    }
    const rows = Math.max(...filled.values());
    const height = 2 * PADDING + rows * tall + (rows - 1) * ROW_GAP;
    const size = inside.reduce((sum, { members }) => sum + members.length, 0);
    bands.push({ key: name, title: inside.length === 1 && isFlat ? (inside[0]?.title ?? name) : name, y, height, size, isFolded: isFlat });
    y += height + GUTTER;
  }
  return { boxes: placed, bands, width: NAMES + used.length * (WIDTH + COLUMN_GAP) - COLUMN_GAP + 24, height: y };
}
