// One edge as a row of the table: its texts, and the values its columns sort by.

import type { Destination, Edge, End } from "./api.ts";
import { failedAnswers, levelOf, mainReport, type FailureLevel } from "./failure.ts";
import { count, duration, NOTHING, rate, shareOf } from "./format.ts";
import { LOOKS } from "./looks.ts";
import { securityLook, securityWords } from "./security.ts";

export const COLUMNS = [
  { key: "source", title: "Source", numeric: false, hint: "who sends" },
  { key: "destination", title: "Destination", numeric: false, hint: "who receives, with its port where it has one" },
  { key: "protocol", title: "Proto", numeric: false, hint: "http, grpc or tcp" },
  { key: "rate", title: "Req/s", numeric: true, hint: "requests per second; for TCP the connections that ended" },
  { key: "failed", title: "Failed", numeric: true, hint: "share that failed, as the source saw it, those failed on purpose left out; dst: as the destination saw it" },
  { key: "answered", title: "Answered by", numeric: false, hint: "who answered the failed ones" },
  { key: "p50", title: "P50", numeric: true, hint: "median duration, as the source saw it" },
  { key: "p99", title: "P99", numeric: true, hint: "as the source saw it; - below 100 samples" },
  { key: "p99dst", title: "P99 dst", numeric: true, hint: "as the destination saw it; - below 100 samples" },
  { key: "mtls", title: "mTLS", numeric: false, hint: "how the edge is secured, and who says so" },
] as const;

export type ColumnKey = (typeof COLUMNS)[number]["key"];

export interface Row {
  id: string;
  edge: Edge;
  text: Record<ColumnKey, string>;
  sort: Record<ColumnKey, number | string>;
  failure: FailureLevel;
  insecure: boolean;
}

export function endLabel(end: End): string {
  return end.label || (end.namespace ? `${end.namespace}/${end.name}` : end.name) || end.kind;
}

/** The destination with its port, once: the label of a service or an address already carries it. */
export function destinationLabel(end: Destination): string {
  const label = endLabel(end);
  const carries = end.kind === "service" || end.kind === "address";
  return end.port && !carries ? `${label}:${end.port}` : label;
}

export function edgeTitle(edge: Edge): string {
  return `${endLabel(edge.source)} → ${destinationLabel(edge.destination)}`;
}

const missing = (value: number | null | undefined): number => value ?? -1;

export function toRow(edge: Edge): Row {
  const main = mainReport(edge);
  const side = main?.side;
  const source = edge.source_report;
  const connections = edge.measure === "connections";
  const failed = side ? shareOf(side.failed, side.failed_of) : NOTHING;
  // How long a TCP connection lived says nothing of how fast anything was; the panel has it.
  const answered = (seconds: number | null | undefined): number | null => (connections ? null : (seconds ?? null));
  const [p50, p99, p99dst] = [source?.p50_s, source?.p99_s, edge.destination_report?.p99_s].map(answered);
  const suffix = main?.reporter === "destination" && side && side.failed > 0 ? " dst" : "";
  return {
    id: edge.id,
    edge,
    text: {
      source: endLabel(edge.source),
      destination: destinationLabel(edge.destination),
      protocol: edge.protocol,
      rate: !side ? NOTHING : connections ? `${count(side.count)} closed` : rate(side.rate_per_s),
      failed: failed + suffix,
      answered: failedAnswers(edge),
      p50: duration(p50),
      p99: duration(p99),
      p99dst: duration(p99dst),
      mtls: securityWords(edge),
    },
    sort: {
      source: endLabel(edge.source),
      destination: destinationLabel(edge.destination),
      protocol: edge.protocol,
      rate: missing(side?.rate_per_s),
      failed: side && side.failed_of > 0 ? side.failed / side.failed_of : -1,
      answered: failedAnswers(edge),
      p50: missing(p50),
      p99: missing(p99),
      p99dst: missing(p99dst),
      mtls: LOOKS[securityLook(edge)].weight,
    },
    failure: side ? levelOf(side.failed, side.failed_of) : "no_data",
    insecure: edge.security.state === "plaintext" || edge.security.state === "disagreement",
  };
}
