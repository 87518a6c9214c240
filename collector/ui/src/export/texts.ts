// The edges that are shown as CSV, DOT and Mermaid. Names come from outside: they are escaped for each. Pure.

import type { GraphEdge } from "../api/graph.ts";
import { count, shareOf } from "../model/format.ts";
import { shown } from "../model/shown.ts";

/** Spreadsheets take a cell that begins so for a formula, in quotes too; as OWASP advises. */
const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = shown(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const HEAD = ["edge", "source", "destination", "port", "protocol", "measure", "report", "exchanges", "failed", "failed_of", "p50_s", "p99_s", "security", "agreement", "finding"];

export interface Shown {
  from: string;
  to: string;
  edges: readonly GraphEdge[];
}

export function csv({ from, to, edges }: Shown): string {
  const rows = edges.map((e) =>
    [e.id, e.source.label, e.destination.label, e.port, e.protocol, e.measure, e.report, e.exchanges, e.failed, e.failedOf, e.p50, e.p99, e.security, e.agreement, e.finding, from, to].map(cell).join(","),
  );
  return [[...HEAD, "from", "to"].join(","), ...rows, ""].join("\r\n");
}

/** What is written on an edge: how much failed of how much, and how it is secured where that is not mutual TLS. */
function told(edge: GraphEdge): string {
  const words: string[] = [];
  if (edge.failedOf === null || edge.failed === null) words.push("no report");
  else words.push(edge.failed > 0 ? `${shareOf(edge.failed, edge.failedOf)} = ${count(edge.failed)} / ${count(edge.failedOf)} failed` : `0 / ${count(edge.failedOf)} failed`);
  if (edge.security !== "mutual_tls") words.push(edge.security === "plaintext" ? "PLAINTEXT" : edge.security.replaceAll("_", " "));
  return words.join(", ");
}

function ends(edges: readonly GraphEdge[]): string[] {
  return [...new Set(edges.flatMap((edge) => [edge.source.label, edge.destination.label]))];
}

export function dot({ from, to, edges }: Shown): string {
  const text = (value: string): string => `"${shown(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const lines = edges.map((edge) => `  ${text(edge.source.label)} -> ${text(edge.destination.label)} [label=${text(told(edge))}];`);
  return [`digraph mesh {`, `  // ${from} to ${to}`, "  rankdir=LR;", "  node [shape=box];", ...lines, "}", ""].join("\n");
}

export function mermaid({ from, to, edges }: Shown): string {
  const text = (value: string): string => `"${[...shown(value)].map((char) => (/["&<>#;|`[\]{}()\\]/.test(char) ? `#${char.codePointAt(0)};` : char)).join("")}"`;
  const names = new Map(ends(edges).map((label, i) => [label, `n${i}`]));
  const nodes = [...names].map(([label, id]) => `  ${id}[${text(label)}]`);
  const lines = edges.map((edge) => `  ${names.get(edge.source.label)} -->|${text(told(edge))}| ${names.get(edge.destination.label)}`);
  return [`%% ${from} to ${to}`, "flowchart LR", ...nodes, ...lines, ""].join("\n");
}
