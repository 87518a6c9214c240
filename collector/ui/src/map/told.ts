// What is said of a line and of a box in full: on hover, on choice, to a screen reader. The answer's own numbers, no sums.

import type { GraphEdge } from "../api/graph.ts";
import { count, counted, duration, rate } from "../model/format.ts";
import { failures, securityWord } from "../model/looks.ts";
import { shown } from "../model/shown.ts";
import type { Box } from "./budget.ts";
import type { Drawable, Field } from "./ends.ts";
import type { Line } from "./lines.ts";

export function told(line: Line, seconds: number): string {
  if (line.edges.length > 1) return `${counted(line.edges.length, "edge")}: ${line.label || line.look.words}`;
  const edge = line.edges[0] as GraphEdge;
  const words: string[] = [];
  if (edge.exchanges === null) words.push("no report");
  else {
    words.push(`${rate(edge.exchanges / seconds)}/s`);
    if (edge.failed !== null && edge.failedOf) words.push(edge.failed > 0 ? failures(edge.failed, edge.failedOf) : `0 / ${count(edge.failedOf)} failed`);
    if (edge.p99 !== null && edge.measure === "requests") words.push(`P99 ${duration(edge.p99)}`);
  }
  if (edge.security !== "mutual_tls") words.push(securityWord(edge.security));
  return words.join(" · ");
}

/** `checkout 1 in, 3 out, shop, worst: to stock/inventory 2.5 % = 300 / 12,000 failed`: begins with what is to be read in the box, which `hit` is in place of. */
export function boxTold(box: Box, field: Field, hit?: string): string {
  if (box.kind === "lane") return `${counted(box.members.length, "workload")} of ${shown(box.title)}, folded; opens it`;
  if (box.kind === "more") return `${shown(box.title)} ${boxLine(box, undefined, field)}, of ${shown(box.lane)}`;
  const end = field.ends.get(box.key);
  const words = [`${shown(box.title)} ${hit ?? boxLine(box, end, field)}`, shown(box.lane)];
  if (end?.isSilent) words.push("its proxies were silent in part of the period");
  // Edges come worst first; of both directions what is asked of others is named.
  const worst = [...(field.out.get(box.key) ?? []), ...(field.into.get(box.key) ?? [])].find((edge) => edge.finding !== null);
  if (worst) words.push(worstTold(worst, box.key));
  return words.join(", ");
}

function worstTold(edge: GraphEdge, label: string): string {
  const way = edge.source.label === label ? `to ${shown(edge.destination.label)}` : `from ${shown(edge.source.label)}`;
  if (edge.security === "plaintext") return `worst: ${way} PLAINTEXT`;
  const failed = edge.failed && edge.failedOf ? ` ${failures(edge.failed, edge.failedOf)} failed` : "";
  return `worst: ${way} ${(edge.finding ?? "").replaceAll("_", " ")}${failed}`;
}

const KIND: Record<string, string> = { unknown: "nobody could name it", overflow: "beyond a bound" };

/** The small line in a box. */
export function boxLine(box: Box, end: Drawable | undefined, field: Field): string {
  if (box.kind === "more") return "counted, not drawn";
  if (!end) return "not seen in this period";
  if (end.isSilent) return "silent in part of it";
  if (end.node.kind !== "workload") return KIND[end.node.kind] ?? end.node.kind;
  const out = new Set(field.out.get(box.key)?.map((edge) => edge.destination.label)).size;
  const into = new Set(field.into.get(box.key)?.map((edge) => edge.source.label)).size;
  return `${count(into)} in, ${count(out)} out`;
}
