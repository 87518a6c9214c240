// The surroundings of one workload: who asks it and whom it asks, some steps far. Of a hub the worst are drawn, the rest is counted.

import type { GraphEdge } from "../api/graph.ts";
import type { Field } from "./ends.ts";

/** Neighbours of one end in one direction that are drawn. */
const MOST_NEIGHBOURS = 8;

interface Around {
  field: Field;
  /** Neighbours that were left out. */
  cut: number;
}

/** The part of the field within `depth` steps of `centre`, up and down apart: not the other askers of what it asks. */
export function around(field: Field, centre: string, depth: number): Around {
  const kept = new Set([centre]);
  const cut = new Set<string>();
  const side = (from: ReadonlyMap<string, GraphEdge[]>, to: (edge: GraphEdge) => string): void => {
    let now = [centre];
    for (let step = 0; step < depth; step += 1) {
      const next: string[] = [];
      for (const label of now) {
        // Edges come worst first.
        const neighbours = [...new Set((from.get(label) ?? []).map(to))].filter((other) => other !== label);
        neighbours.forEach((other, i) => (i < MOST_NEIGHBOURS ? next.push(other) : cut.add(other)));
      }
      now = next.filter((label) => !kept.has(label));
      for (const label of next) kept.add(label);
    }
  };
  side(field.out, (edge) => edge.destination.label);
  side(field.into, (edge) => edge.source.label);
  const ends = new Map([...field.ends].filter(([label]) => kept.has(label)));
  const lanes = new Map([...field.lanes].filter(([key]) => [...ends.values()].some((end) => end.lane === key)));
  const edges = field.edges.filter((edge) => kept.has(edge.source.label) && kept.has(edge.destination.label));
  for (const label of kept) cut.delete(label);
  return { field: { ...field, ends, lanes, edges }, cut: cut.size };
}
