// What is drawn: nodes in their namespaces and lines between them, or namespaces alone when there are too many nodes.
// Nothing of Cytoscape, no positions.

import type { Edge, End, EndKind, SilentProxy } from "./api.ts";
import { endLabel } from "./row.ts";
import { part, shown } from "./shown.ts";

export const COLLAPSE_ABOVE = 300;
export const LINE_LIMIT = 1500;

export interface Group {
  id: string;
  label: string;
  /** What its namespace is called in labels, and asked for by. */
  namespace: string;
}

export interface Node {
  id: string;
  label: string;
  /** What the search box takes to mean this node; empty for all that is in no namespace. */
  name: string;
  kind: EndKind | "namespace";
  group: string | null;
  silent: boolean;
}

export interface Line {
  id: string;
  source: string;
  target: string;
  edges: Edge[];
}

export interface Drawing {
  collapsed: boolean;
  /** Nodes before collapsing. */
  nodesInAll: number;
  linesLeftOut: number;
  groups: Group[];
  nodes: Node[];
  lines: Line[];
}

export function nodeId(end: End): string {
  return ["n", end.kind, end.cluster, end.namespace, end.name || end.label].join("|");
}

function groupId(end: End): string | null {
  return end.namespace ? `g|${end.cluster}|${end.namespace}` : null;
}

function severalClusters(edges: readonly Edge[]): boolean {
  const clusters = new Set<string>();
  for (const { source, destination } of edges) {
    for (const end of [source, destination]) if (end.namespace) clusters.add(end.cluster);
  }
  return clusters.size > 1;
}

function namespaceLabel(end: End, withCluster: boolean): string {
  return shown(withCluster && end.cluster ? `${part(end.namespace)} · ${part(end.cluster)}` : part(end.namespace));
}

function collect(edges: readonly Edge[], silent: ReadonlySet<string>): { groups: Map<string, Group>; nodes: Map<string, Node> } {
  const groups = new Map<string, Group>();
  const nodes = new Map<string, Node>();
  const withCluster = severalClusters(edges);
  for (const edge of edges) {
    for (const end of [edge.source, edge.destination]) {
      const id = nodeId(end);
      if (nodes.has(id)) continue;
      const group = groupId(end);
      if (group) groups.set(group, { id: group, label: namespaceLabel(end, withCluster), namespace: part(end.namespace) });
      const label = shown(group && end.name ? part(end.name) : endLabel(end));
      nodes.set(id, { id, label, name: endLabel(end), kind: end.kind, group, silent: silent.has(endLabel(end)) });
    }
  }
  return { groups, nodes };
}

function collapse(edges: readonly Edge[], groups: Map<string, Group>, nodes: Map<string, Node>): Pick<Drawing, "nodes" | "lines"> {
  const OUTSIDE = "g||outside";
  const shown = new Map<string, Node>();
  const members = new Map<string, number>();
  for (const node of nodes.values()) members.set(node.group ?? OUTSIDE, (members.get(node.group ?? OUTSIDE) ?? 0) + 1);
  for (const [id, size] of members) {
    const group = groups.get(id);
    const label = group?.label ?? "no namespace";
    shown.set(id, { id, label: `${label} (${size})`, name: group?.namespace ?? "", kind: "namespace", group: null, silent: false });
  }
  const lines = new Map<string, Line>();
  for (const edge of edges) {
    const [source, target] = [groupId(edge.source) ?? OUTSIDE, groupId(edge.destination) ?? OUTSIDE];
    const id = `l|${source}|${target}`;
    const line = lines.get(id) ?? { id, source, target, edges: [] };
    line.edges.push(edge);
    lines.set(id, line);
  }
  return { nodes: [...shown.values()], lines: [...lines.values()] };
}

/** `silent` are the proxies that stopped reporting: their workloads are drawn hatched. */
export function drawing(edges: readonly Edge[], silent: readonly SilentProxy[]): Drawing {
  const { groups, nodes } = collect(edges, new Set(silent.map((s) => s.workload)));
  if (nodes.size > COLLAPSE_ABOVE) {
    return { collapsed: true, nodesInAll: nodes.size, linesLeftOut: 0, groups: [], ...collapse(edges, groups, nodes) };
  }
  const drawn = edges.slice(0, LINE_LIMIT);
  return {
    collapsed: false,
    nodesInAll: nodes.size,
    linesLeftOut: edges.length - drawn.length,
    groups: [...groups.values()],
    nodes: [...nodes.values()],
    lines: drawn.map((edge) => ({ id: `l|${edge.id}`, source: nodeId(edge.source), target: nodeId(edge.destination), edges: [edge] })),
  };
}
