// Two graphs as one, on the same places: what either period has. Numbers are those of after, where it has the edge. Pure.

import type { Graph, GraphEdge, Node } from "../api/graph.ts";

export function union(before: Graph, after: Graph): Graph {
  const nodes = new Map<string, Node>();
  for (const node of [...after.nodes, ...before.nodes]) if (!nodes.has(node.label)) nodes.set(node.label, node);
  const edges = new Map<string, GraphEdge>();
  for (const edge of [...after.edges, ...before.edges]) if (!edges.has(edge.id)) edges.set(edge.id, edge);
  const isOneEpoch = after.placing !== null && after.placing.epoch === before.placing?.epoch;
  const silent = [...after.completeness.proxies.silent, ...before.completeness.proxies.silent];
  const completeness = { ...after.completeness, proxies: { ...after.completeness.proxies, silent } };
  return { ...after, completeness, placing: isOneEpoch ? after.placing : null, nodes: [...nodes.values()], edges: [...edges.values()] };
}
