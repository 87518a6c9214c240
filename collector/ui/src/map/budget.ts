// What is drawn of a large mesh: at most 60 boxes. A lane is one box until it holds a finding or the selection, or is opened;
// what is folded or cut is a box that says how many it stands for. No coordinates.

import type { Drawable, Field } from "./ends.ts";

export const MOST_BOXES = 60;
export const MOST_LINES = 120;
const MOST_LANES = 40;
/** Of a lane that opens by itself. */
const MOST_OF_LANE = 12;
export const OTHERS = "other namespaces";

export interface Box {
  key: string;
  kind: "workload" | "lane" | "more";
  lane: string;
  column: number;
  row: number;
  /** Labels of the ends that it stands for. */
  members: string[];
  title: string;
}

interface Wishes {
  /** `+lane` opened, `-lane` folded by the reader. */
  lanes: readonly string[];
  /** Labels that must be boxes of their own. */
  chosen: readonly string[];
}

interface Budgeted {
  boxes: Box[];
  /** Box of each end. */
  of: Map<string, Box>;
  /** Whether lanes were folded for want of room. */
  isFolded: boolean;
}

function single({ node, lane, column, row }: Drawable): Box {
  return { key: node.label, kind: "workload", lane, column, row, members: [node.label], title: node.name || node.label };
}

function folded(lane: string, members: readonly Drawable[]): Box {
  const columns = members.map(({ column }) => column).sort((a, b) => a - b);
  const column = columns[columns.length >> 1] ?? 0;
  return { key: `lane ${lane}`, kind: "lane", lane, column, row: 0, members: members.map(({ node }) => node.label), title: lane };
}

function more(lane: string, members: readonly Drawable[]): Box {
  const last = members[members.length - 1] as Drawable;
  return { key: `more ${lane}`, kind: "more", lane, column: last.column, row: 1e9, members: members.map(({ node }) => node.label), title: `${members.length} more` };
}

interface LaneOf {
  name: string;
  members: Drawable[];
  /** Place of its worst edge with a finding among all edges; Infinity without any. */
  worst: number;
  edges: number;
}

function lanesOf(field: Field): { lanes: Map<string, LaneOf>; worst: Map<string, number> } {
  const lanes = new Map<string, LaneOf>();
  const worst = new Map<string, number>();
  for (const end of field.ends.values()) {
    const lane = lanes.get(end.lane) ?? { name: end.lane, members: [], worst: Infinity, edges: 0 };
    lane.members.push(end);
    if (end.isSilent) worst.set(end.node.label, 1e6);
    lanes.set(end.lane, lane);
  }
  field.edges.forEach((edge, i) => {
    for (const { label } of [edge.source, edge.destination]) {
      const lane = lanes.get(field.ends.get(label)?.lane ?? "");
      if (lane) lane.edges += 1;
      if (edge.finding && !(i >= (worst.get(label) ?? Infinity))) worst.set(label, i);
    }
  });
  for (const lane of lanes.values()) for (const { node } of lane.members) lane.worst = Math.min(lane.worst, worst.get(node.label) ?? Infinity);
  return { lanes, worst };
}

export function budgeted(field: Field, { lanes: asked, chosen }: Wishes): Budgeted {
  const { lanes, worst } = lanesOf(field);
  const opened = new Set(asked.filter((lane) => lane.startsWith("+")).map((lane) => lane.slice(1)));
  const shut = new Set(asked.filter((lane) => lane.startsWith("-")).map((lane) => lane.slice(1)));
  const wanted = new Set(chosen);
  const holds = (lane: LaneOf): boolean => lane.members.some(({ node }) => wanted.has(node.label));
  const urgency = (lane: LaneOf): number => (holds(lane) ? -2 : opened.has(lane.name) ? -1 : lane.worst);
  const fits = field.ends.size <= MOST_BOXES;
  const sorted = [...lanes.values()].sort((a, b) => urgency(a) - urgency(b) || b.edges - a.edges || (a.name < b.name ? -1 : 1));
  const shown = sorted.length > MOST_LANES ? sorted.slice(0, MOST_LANES - 1) : sorted;
  const rest = sorted.slice(shown.length).flatMap((lane) => lane.members);
  let room = MOST_BOXES - shown.length - (rest.length > 0 ? 1 : 0);
  const boxes: Box[] = [];
  for (const lane of shown) {
    const isOpen = !shut.has(lane.name) && (fits || lane.members.length === 1 || urgency(lane) < Infinity);
    if (!isOpen) {
      boxes.push(folded(lane.name, lane.members));
      continue;
    }
    const most = Math.min(room + 1, fits || opened.has(lane.name) || holds(lane) ? MOST_BOXES : MOST_OF_LANE);
    const drawn = part(lane, most, worst, wanted);
    boxes.push(...drawn);
    room -= drawn.length - 1;
  }
  if (rest.length > 0) {
    const count = sorted.length - shown.length;
    boxes.push({ ...folded(OTHERS, rest), title: `${OTHERS} (${count})` });
  }
  const of = new Map(boxes.flatMap((box) => box.members.map((label) => [label, box] as const)));
  return { boxes, of, isFolded: boxes.some(({ kind }) => kind !== "workload") };
}

/** At most `most` boxes of an open lane: all of it, or the worst and a rest that is counted. */
function part(lane: LaneOf, most: number, worst: ReadonlyMap<string, number>, wanted: ReadonlySet<string>): Box[] {
  if (lane.members.length <= most) return lane.members.map(single);
  if (most < 2) return [folded(lane.name, lane.members)];
  const weight = ({ node }: Drawable): number => (wanted.has(node.label) ? -1 : (worst.get(node.label) ?? Infinity));
  const order = [...lane.members].sort((a, b) => weight(a) - weight(b) || a.column - b.column || a.row - b.row);
  const own = order.slice(0, most - 1);
  const others = order.slice(most - 1).sort((a, b) => a.column - b.column);
  return [...own.map(single), more(lane.name, others)];
}
