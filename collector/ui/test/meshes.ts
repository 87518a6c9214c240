// Graphs for tests: small ones by hand, in the columns of the API or as the page holds them.

import type { Graph, GraphEdge, Node } from "../src/api/graph.ts";

export function node(label: string, kind = "workload"): Node {
  const [namespace, name] = label.includes("/") ? label.split("/") : ["", label];
  return { label, kind, cluster: kind === "workload" ? "c1" : "", namespace: kind === "workload" ? (namespace ?? "") : "", name: name ?? label, spot: null };
}

export function edge(id: string, source: Node, destination: Node, more: Partial<GraphEdge> = {}): GraphEdge {
  return {
    id, source, destination, protocol: "http", port: 8080, measure: "requests", report: "source", exchanges: 100, failed: 0, failedOf: 100,
    p50: 0.01, p99: 0.02, security: "mutual_tls", agreement: "agree", finding: null, ...more,
  };
}

/** A graph of `a/b>c/d` pairs; the first are the worst. */
export function graphOf(pairs: readonly string[], silent: readonly string[] = []): Graph {
  const nodes = new Map<string, Node>();
  const at = (label: string): Node => {
    const known = nodes.get(label) ?? node(label);
    nodes.set(label, known);
    return known;
  };
  const edges = pairs.map((pair, i) => {
    const [source, destination] = pair.split(">") as [string, string];
    return edge(String(i).padStart(16, "0"), at(source), at(destination));
  });
  return {
    schema: "hogusu.graph/v1", mesh: "m", from: "2026-11-24T14:02:00Z", to: "2026-11-24T14:07:00Z", sealed_to: null, resolution: "10s", seconds: 300,
    completeness: {
      proxies: { reporting: 1, expected: null, seen: 1, silent: silent.map((workload) => ({ proxy: "p", workload, since: null })), statement: "1 seen" },
      time_covered: { covered_s: 1440, expected_s: 1500, ratio: 0.96 },
      batches: { lost: 0, lost_exchanges: 0, unclosed_senders: 0, late_parts: 0 },
      refused_connections: { observing: 0, sidecars: 1, statement: "refused connections not observed" },
    },
    totals: { workloads: nodes.size, edges: edges.length, requests: 0, connections: 0, injected: 0, delayed: 0, streaming: 0, left_out: { probe: 0, telemetry: 0 }, overflow: 0 },
    placing: null, nodes: [...nodes.values()], edges,
  };
}
