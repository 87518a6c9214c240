// Walking the picture by arrow keys: left and right along lines, up and down within a column. Pure.

import type { Line } from "./lines.ts";
import type { Placed } from "./packing.ts";

export type Step = "left" | "right" | "up" | "down";

const middle = (box: Placed): number => box.y + box.height / 2;

/** Key of the box that the step leads to, or of the same one. */
export function walk(from: string, step: Step, boxes: readonly Placed[], lines: readonly Line[]): string {
  const here = boxes.find(({ key }) => key === from);
  if (!here) return boxes[0]?.key ?? from;
  const near = (candidates: readonly Placed[]): string =>
    [...candidates].sort((a, b) => Math.abs(a.at - here.at) - Math.abs(b.at - here.at) || Math.abs(middle(a) - middle(here)) - Math.abs(middle(b) - middle(here)) || (a.key < b.key ? -1 : 1))[0]?.key ?? from;
  if (step === "left" || step === "right") {
    const [mine, other] = step === "right" ? (["source", "destination"] as const) : (["destination", "source"] as const);
    const linked = new Set(lines.filter((line) => line[mine] === from).map((line) => line[other]));
    linked.delete(from);
    return near(boxes.filter(({ key }) => linked.has(key)));
  }
  const column = boxes.filter(({ at, key }) => at === here.at && key !== from);
  const beyond = column.filter((box) => (step === "up" ? middle(box) < middle(here) : middle(box) > middle(here)));
  if (beyond.length > 0) return near(beyond);
  // At the end of a column the way goes on to the next box of any column.
  return near(boxes.filter((box) => (step === "up" ? middle(box) < middle(here) : middle(box) > middle(here))));
}
