// Whether a list of findings is whole. The collector lists the worst 500; edges say by themselves whether something was found. Pure.

import type { GraphEdge } from "../api/graph.ts";
import type { Finding } from "../api/shapes.ts";
import { count } from "./format.ts";

/** docs/api.md: a map's first page comes with the worst 500 of all. */
const WORST = 500;

/** Edges with a finding of which none is listed; 0 where the list is whole. */
export function unlisted(findings: readonly Finding[], edges: readonly GraphEdge[]): number {
  if (findings.length < WORST) return 0;
  const listed = new Set(findings.map(({ edge_id: id }) => id));
  return edges.filter(({ id, finding }) => finding !== null && !listed.has(id)).length;
}

/** `12`, or `500+` of a list that was cut: never a number that looks like all. */
export function listedCount(findings: readonly Finding[], edges: readonly GraphEdge[]): string {
  return `${count(findings.length)}${unlisted(findings, edges) > 0 ? "+" : ""}`;
}
