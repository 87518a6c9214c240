// What a choice lights up, and what choosing a box does. Pure.

import type { View } from "../state/address.ts";
import type { Box } from "./budget.ts";
import { OTHERS } from "./budget.ts";
import { NO_NAMESPACE, OUTSIDE } from "./ends.ts";
import type { Line } from "./lines.ts";

export interface Lit {
  boxes: Set<string>;
  lines: Set<string>;
}

/** What stays bright when an edge or a workload is chosen; `null`: nothing is, all is bright. */
export function isolated(view: View, lines: readonly Line[], of: ReadonlyMap<string, Box>): { lit: Lit | null; chosen: string | null } {
  const chosen = view.edge ? lines.find((line) => line.edges.some(({ id }) => id === view.edge)) : undefined;
  if (chosen) return { lit: { boxes: new Set([chosen.source, chosen.destination]), lines: new Set([chosen.key]) }, chosen: chosen.key };
  const box = view.workload && !view.edge ? of.get(view.workload) : undefined;
  if (!box) return { lit: null, chosen: null };
  const near = lines.filter((line) => line.source === box.key || line.destination === box.key);
  return { lit: { boxes: new Set([box.key, ...near.flatMap(({ source, destination }) => [source, destination])]), lines: new Set(near.map(({ key }) => key)) }, chosen: null };
}

/** What finds a lane's ends in the table: its namespace; nothing where it is none. */
export function searchOf(lane: string): string {
  return [OUTSIDE, OTHERS, NO_NAMESPACE].includes(lane) ? "" : `${lane}/`;
}

export function toggled(lane: string, lanes: readonly string[], isOpen: boolean): string[] {
  return [...lanes.filter((other) => other.slice(1) !== lane), `${isOpen ? "-" : "+"}${lane}`];
}

export function opened(box: Box, view: View): Partial<View> {
  if (box.kind === "workload") return { workload: box.key, edge: null };
  if (box.lane === OTHERS) return { show: "matrix" };
  if (box.kind === "lane") return { lanes: toggled(box.lane, view.lanes, false), at: null };
  return view.lanes.includes(`+${box.lane}`) ? { show: "table", q: searchOf(box.lane), page: 1 } : { lanes: toggled(box.lane, view.lanes, false), at: null };
}
