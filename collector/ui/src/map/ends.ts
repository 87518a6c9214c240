// What can be drawn: the answer's ends, each in its lane with its place, and workloads that are only known to be silent. No budget yet.

import { silence } from "../model/silence.ts";
import type { Graph, GraphEdge, Node, Spot } from "../api/graph.ts";
import { placed } from "./layers.ts";

export interface Lane {
  key: string;
  title: string;
  order: number;
}

export interface Drawable {
  node: Node;
  lane: string;
  column: number;
  row: number;
  /** No report of its own proxies in part of the period. */
  isSilent: boolean;
}

export interface Field {
  ends: Map<string, Drawable>;
  lanes: Map<string, Lane>;
  /** Worst first. */
  edges: readonly GraphEdge[];
  out: ReadonlyMap<string, GraphEdge[]>;
  into: ReadonlyMap<string, GraphEdge[]>;
}

/** Edges by one of their ends, each list worst first. */
function byEnd(edges: readonly GraphEdge[], side: "source" | "destination"): Map<string, GraphEdge[]> {
  const lists = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const list = lists.get(edge[side].label);
    if (list) list.push(edge);
    else lists.set(edge[side].label, [edge]);
  }
  return lists;
}

const fields = new WeakMap<Graph, Field>();

/** The field of an answer; worked out once. */
export function fieldOf(graph: Graph): Field {
  const known = fields.get(graph);
  if (known) return known;
  const field = made(graph);
  fields.set(graph, field);
  return field;
}

export const OUTSIDE = "outside the mesh";
export const NO_NAMESPACE = "no namespace";

/** A workload that fell silent has no edge perhaps: it stands there all the same. */
function silentOnes(graph: Graph): Node[] {
  const known = new Set(graph.nodes.map((node) => node.label));
  const missing = new Set(graph.completeness.proxies.silent.map(({ workload }) => workload).filter((label) => label !== "" && !known.has(label)));
  return [...missing].slice(0, 60).map((label) => {
    const cut = label.includes('"') ? -1 : label.lastIndexOf("/");
    return { label, kind: "workload", cluster: graph.nodes[0]?.cluster ?? "", namespace: label.slice(0, Math.max(cut, 0)), name: label.slice(cut + 1), spot: null };
  });
}

function spots(graph: Graph, nodes: readonly Node[]): Spot[] {
  if (!graph.placing) {
    const place = new Map(nodes.map((node, i) => [node.label, i]));
    const arrows = graph.edges.map(({ source, destination }) => ({ source: place.get(source.label) ?? 0, destination: place.get(destination.label) ?? 0 }));
    return placed(nodes, arrows);
  }
  const kept = nodes.map((node) => node.spot).filter((spot) => spot !== null);
  // What has no place stands behind the others, in its lane where that has one.
  return nodes.map((node, i) => {
    if (node.spot) return node.spot;
    const [cluster, namespace] = node.kind === "workload" ? [node.cluster, node.namespace] : ["", ""];
    const lane = kept.find((spot) => spot.namespace === namespace && (spot.cluster === cluster || cluster === ""));
    return { cluster: lane?.cluster ?? cluster, namespace, lane: lane?.lane ?? Number.MAX_SAFE_INTEGER, column: lane?.column ?? 0, row: 1e6 + i };
  });
}

function made(graph: Graph): Field {
  const nodes = [...graph.nodes, ...silentOnes(graph)];
  const isSilentEnd = silence(graph.completeness);
  const lanes = new Map<string, Lane>();
  const ends = new Map<string, Drawable>();
  const kept = spots(graph, nodes);
  const clusters = new Map<string, Set<string>>();
  for (const { cluster, namespace } of kept) clusters.set(namespace, (clusters.get(namespace) ?? new Set()).add(cluster));
  nodes.forEach((node, i) => {
    const { cluster, namespace, lane, column, row } = kept[i] as Spot;
    const several = (clusters.get(namespace)?.size ?? 0) > 1 && cluster !== "";
    const inside = node.kind === "workload" || namespace !== "";
    const title = inside ? (several ? `${cluster}/${namespace}` : namespace || NO_NAMESPACE) : OUTSIDE;
    if (!lanes.has(title)) lanes.set(title, { key: title, title, order: lane });
    ends.set(node.label, { node, lane: title, column, row, isSilent: isSilentEnd(node) });
  });
  return { ends, lanes, edges: graph.edges, out: byEnd(graph.edges, "source"), into: byEnd(graph.edges, "destination") };
}
