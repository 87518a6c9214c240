// Where a link between two workloads is on the map: it may be several edges, of other ports and protocols. Pure.

import type { Graph } from "../api/graph.ts";
import type { View } from "../state/address.ts";

/** Its worst edge; without any among those that are shown, the table's search for it. */
export function onMap(graph: Graph, source: string, destination: string): Partial<View> {
  const edge = graph.edges.find((other) => other.source.label === source && other.destination.label === destination);
  const place = { view: "map", workload: null, part: "" } as const;
  return edge ? { ...place, show: "lanes", edge: edge.id } : { ...place, show: "table", edge: null, q: `from:${source} to:${destination}`, page: 1 };
}
