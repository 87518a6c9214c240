// The order of the table's rows: the collector's own (worst first) until a column is chosen; then that column, unknown last. Pure.

import type { GraphEdge } from "../api/graph.ts";

export const COLUMNS = {
  source: { words: "Source", read: (e: GraphEdge) => e.source.label },
  destination: { words: "Destination", read: (e: GraphEdge) => e.destination.label },
  protocol: { words: "Protocol", read: (e: GraphEdge) => e.protocol },
  exchanges: { words: "Exchanges", read: (e: GraphEdge) => e.exchanges },
  failed: { words: "Failed", read: (e: GraphEdge) => (e.failed === null || !e.failedOf ? null : e.failed / e.failedOf) },
  p50: { words: "P50", read: (e: GraphEdge) => (e.measure === "connections" ? null : e.p50) },
  p99: { words: "P99", read: (e: GraphEdge) => (e.measure === "connections" ? null : e.p99) },
  security: { words: "Secured", read: (e: GraphEdge) => e.security },
  agreement: { words: "Reporters", read: (e: GraphEdge) => e.agreement },
  finding: { words: "Finding", read: (e: GraphEdge) => e.finding },
} as const;

export type Column = keyof typeof COLUMNS;
const NUMBERS: readonly Column[] = ["exchanges", "failed", "p50", "p99"];
export const isNumber = (column: Column): boolean => NUMBERS.includes(column);

interface Sort {
  column: Column;
  isDown: boolean;
}

export function readSort(text: string | null): Sort | null {
  const column = (text ?? "").replace(/-$/, "");
  return column in COLUMNS ? { column: column as Column, isDown: text?.endsWith("-") ?? false } : null;
}

/** A column's heading pressed: what is largest first, then the other way, then the collector's order again. */
export function pressed(column: Column, sort: Sort | null): string | null {
  const [first, second] = isNumber(column) ? [`${column}-`, column] : [column, `${column}-`];
  if (sort?.column !== column) return first;
  return (sort.isDown ? `${column}-` : column) === first ? second : null;
}

export function sorted(edges: readonly GraphEdge[], sort: Sort | null): readonly GraphEdge[] {
  if (!sort) return edges;
  const { read } = COLUMNS[sort.column];
  const way = sort.isDown ? -1 : 1;
  return [...edges].sort((a, b) => {
    const [x, y] = [read(a), read(b)];
    if (x === y) return a.id < b.id ? -1 : 1;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -way : way;
  });
}
