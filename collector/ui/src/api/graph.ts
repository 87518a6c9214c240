// The graph's columns (`hogusu.graph/v1`) as nodes and edges. Every value is the answer's; none is worked out here.

import type { Measure, Observed, Reporter, Totals } from "./shapes.ts";

/** Where the collector keeps an end: the same in every answer of one epoch. Only the order says something. */
export interface Spot {
  cluster: string;
  namespace: string;
  /** Order of the lane. */
  lane: number;
  column: number;
  row: number;
}

interface Placing {
  epoch: string;
  began_with: number;
  added: number;
}

export interface Node {
  label: string;
  kind: string;
  cluster: string;
  namespace: string;
  name: string;
  /** `null`: the collector has none. */
  spot: Spot | null;
}

export interface GraphEdge {
  id: string;
  source: Node;
  destination: Node;
  protocol: string;
  /** `null`: not known. */
  port: number | null;
  measure: Measure;
  /** Whose report the next five are of; `null`: there is none, and then those are `null` too. */
  report: Reporter | null;
  exchanges: number | null;
  failed: number | null;
  failedOf: number | null;
  p50: number | null;
  p99: number | null;
  security: string;
  agreement: string;
  /** Kind of the worst finding about it. */
  finding: string | null;
}

export interface Graph extends Observed {
  totals: Totals;
  /** `null`: of a collector that keeps no places. */
  placing: Placing | null;
  nodes: Node[];
  /** Worst first, as the collector lists them. */
  edges: GraphEdge[];
}

interface Columns extends Observed {
  totals: Totals;
  texts: string[];
  placing?: (Placing & { lanes: { cluster: number[]; namespace: number[]; place: number[] } }) | null;
  nodes: {
    label: string[];
    kind: number[];
    cluster: number[];
    namespace: number[];
    name: string[];
    lane?: (number | null)[];
    column?: (number | null)[];
    row?: (number | null)[];
  };
  edges: {
    id: string[];
    source: number[];
    destination: number[];
    protocol: number[];
    port: (number | null)[];
    report: (number | null)[];
    exchanges: (number | null)[];
    failed: (number | null)[];
    failed_of: (number | null)[];
    p50_s: (number | null)[];
    p99_s: (number | null)[];
    security: number[];
    agreement: number[];
    finding: (number | null)[];
  };
}

export const GRAPH = "hogusu.graph/v1";

export function readGraph(value: unknown): Graph {
  const { texts, nodes: ends, edges: columns, placing, ...observed } = value as Columns;
  if (!Array.isArray(texts) || !ends?.label || !columns?.id || !observed.completeness) throw new Error("the answer is not a whole graph");
  const text = (place: number | null | undefined): string | null => (typeof place === "number" ? (texts[place] ?? null) : null);
  const spot = (i: number): Spot | null => {
    const [lane, column, row] = [ends.lane?.[i], ends.column?.[i], ends.row?.[i]];
    if (!placing || typeof lane !== "number" || typeof column !== "number" || typeof row !== "number") return null;
    const { cluster, namespace, place } = placing.lanes;
    return { cluster: text(cluster[lane]) ?? "", namespace: text(namespace[lane]) ?? "", lane: place[lane] ?? lane, column, row };
  };
  const nodes = ends.label.map((label, i): Node => ({
    label,
    kind: text(ends.kind[i]) ?? "unknown",
    cluster: text(ends.cluster[i]) ?? "",
    namespace: text(ends.namespace[i]) ?? "",
    name: ends.name[i] ?? label,
    spot: spot(i),
  }));
  const edges: GraphEdge[] = [];
  for (const [i, id] of columns.id.entries()) {
    const [source, destination] = [nodes[columns.source[i] ?? -1], nodes[columns.destination[i] ?? -1]];
    if (!source || !destination) throw new Error("an edge of the answer has no end");
    const protocol = text(columns.protocol[i]) ?? "unknown";
    edges.push({
      id,
      source,
      destination,
      protocol,
      port: columns.port[i] ?? null,
      measure: protocol === "tcp" ? "connections" : "requests",
      report: text(columns.report[i]) as Reporter | null,
      exchanges: columns.exchanges[i] ?? null,
      failed: columns.failed[i] ?? null,
      failedOf: columns.failed_of[i] ?? null,
      p50: columns.p50_s[i] ?? null,
      p99: columns.p99_s[i] ?? null,
      security: text(columns.security[i]) ?? "unknown",
      agreement: text(columns.agreement[i]) ?? "not_comparable",
      finding: text(columns.finding[i]),
    });
  }
  const kept = placing ? { epoch: placing.epoch, began_with: placing.began_with, added: placing.added } : null;
  return { ...observed, placing: kept, nodes, edges };
}
