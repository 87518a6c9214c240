// What the panel of one edge says: plain values, ready to be shown. No elements here.

import type { Agreement, Edge, End, Finding, Security, SideReport } from "./api.ts";
import { answeredBy, isFailure, outcomeWords } from "./failure.ts";
import { bytes, count, counted, duration, NOTHING, rate, shareOf } from "./format.ts";
import { destinationLabel, endLabel } from "./row.ts";
import { securityWords, stateWords } from "./security.ts";
import { shown, word } from "./shown.ts";

export type Reporter = "source" | "destination";
export const REPORTERS: readonly Reporter[] = ["source", "destination"];

export interface Line {
  name: string;
  source: string[];
  destination: string[];
  /** Long names that may break: SPIFFE ids. */
  identity?: boolean;
}

export interface Table {
  reporter: Reporter;
  heading: string[];
  rows: { cells: string[]; failed: boolean }[];
}

export interface ExemplarLine {
  reporter: Reporter;
  outcome: string;
  traceId: string;
  duration: string;
}

export interface PanelModel {
  edgeId: string;
  source: { label: string; workload: string | null };
  destination: { label: string; workload: string | null };
  protocol: string;
  measure: string;
  services: string[];
  findings: string[];
  /** What is said in place of a reporter's numbers when it sent none. */
  absent: Record<Reporter, string | null>;
  counts: Record<Reporter, string>;
  reports: Line[];
  security: { words: string; lines: Line[] };
  agreement: { words: string; state: string; reasons: string[]; facts: [string, string][] };
  outcomes: Table[];
  operations: Table[];
  exemplars: ExemplarLine[];
  identities: Line[];
}

export function absentWords(reporter: Reporter): string {
  return `no report from the ${reporter}'s proxy`;
}

/** How a workload is asked for: as it is printed. */
function workloadName(end: End): string | null {
  return end.kind === "workload" && end.name ? shown(endLabel(end)) : null;
}

function failedWords(side: SideReport): string {
  return side.failed === 0 ? `0 of ${count(side.failed_of)}` : `${count(side.failed)} of ${count(side.failed_of)} (${shareOf(side.failed, side.failed_of)})`;
}

function tlsVersions(side: SideReport): string[] {
  const entries = Object.entries(side.tls_versions ?? {}).filter(([, n]) => n > 0);
  if (entries.length === 0) return [NOTHING];
  return entries.map(([version, n]) => `${version || "none or not known"} ${count(n)}`);
}

function orNothing(values: readonly string[] | undefined): string[] {
  return values && values.length > 0 ? [...values] : [NOTHING];
}

/** An optional reading whose shape is a plain record of numbers, spelt out. */
function readings(value: unknown): string[] {
  if (value === null || typeof value !== "object") return typeof value === "number" ? [count(value)] : [NOTHING];
  const entries = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return orNothing(entries.map(([name, n]) => `${name.replaceAll("_", " ")} ${count(n)}`));
}

function reportLines(edge: Edge): Line[] {
  const noun = edge.measure;
  const lived = noun === "connections" ? "lifetime " : "";
  const line = (name: string, read: (side: SideReport) => string | string[], identity = false): Line => {
    const text = (side: SideReport | null): string[] => (side ? [read(side)].flat() : []);
    return { name, source: text(edge.source_report), destination: text(edge.destination_report), ...(identity ? { identity } : {}) };
  };
  const sides = [edge.source_report, edge.destination_report];
  const leftOut: [string, (side: SideReport) => number][] = [
    ["failed on purpose, not in failed", (s) => s.injected],
    ["delayed on purpose, not in P50 to P99", (s) => s.delayed],
    ["streams, not in P50 to P99", (s) => s.streaming],
  ];
  const lines = [
    line(noun, (s) => count(s.count)),
    line("per second", (s) => rate(s.rate_per_s)),
    line("failed", failedWords),
    ...leftOut.filter(([, of]) => sides.some((s) => s && of(s) > 0)).map(([name, of]) => line(name, (s) => count(of(s)))),
    line(`${lived}P50`, (s) => duration(s.p50_s)),
    line(`${lived}P90`, (s) => duration(s.p90_s)),
    line(`${lived}P99`, (s) => duration(s.p99_s)),
    line("TLS versions", tlsVersions),
    line("source SPIFFE id", (s) => orNothing(s.principals?.source), true),
    line("destination SPIFFE id", (s) => orNothing(s.principals?.destination), true),
  ];
  if (sides.some((s) => s?.attempts)) lines.push(line("attempts", (s) => readings(s.attempts)));
  if (sides.some((s) => s?.bytes)) {
    lines.push(line("bytes", (s) => (s.bytes ? [`received ${bytes(s.bytes.received)}`, `sent ${bytes(s.bytes.sent)}`] : NOTHING)));
  }
  return lines;
}

function securityLines(security: Security): Line[] {
  const states = ["mutual_tls", "tls", "application_tls", "plaintext", "unknown"] as const;
  return states
    .filter((state) => (security.source?.[state] ?? 0) + (security.destination?.[state] ?? 0) > 0)
    .map((state) => ({
      name: state === "tls" ? "TLS" : stateWords(state).toLowerCase().replace("tls", "TLS"),
      source: security.source ? [count(security.source[state])] : [NOTHING],
      destination: security.destination ? [count(security.destination[state])] : [NOTHING],
    }));
}

/** The table's words, with the state named where its column heading did it there. */
function securityInFull(edge: Edge): string {
  const words = securityWords(edge);
  const names = edge.security.server_names;
  if (names.length > 0) return `${words}; asked for ${names.map(word).join(", ")}`;
  return edge.security.state === "mutual_tls" && !/mutual tls/i.test(words) ? `mutual TLS, ${words}` : words;
}

const AGREEMENT: Record<string, string> = {
  agree: "both reporters agree",
  disagree: "the reporters disagree",
  one_reporter: "one reporter only: nothing to compare with",
  not_comparable: "not comparable",
};

function agreementFacts(agreement: Agreement): [string, string][] {
  const { attempts, undetermined, connect_failures: refused, requests_at_destination: arrived } = agreement;
  const facts: [string, string][] = [];
  if (attempts !== null) facts.push(["attempts", count(attempts)]);
  facts.push(["undetermined (no response headers)", count(undetermined)], ["connect failures", count(refused)]);
  if (arrived !== null) facts.push(["requests at the destination", count(arrived)]);
  if (attempts !== null && arrived !== null) {
    facts.push(["must hold", `${count(attempts - undetermined)} ≤ ${count(arrived)} ≤ ${count(attempts - refused)}`]);
  }
  return facts;
}

function sideOf(edge: Edge, reporter: Reporter): SideReport | null {
  return reporter === "source" ? edge.source_report : edge.destination_report;
}

function outcomeTables(edge: Edge): Table[] {
  return REPORTERS.flatMap((reporter) => {
    const side = sideOf(edge, reporter);
    if (!side) return [];
    const rows = side.outcomes.map((o) => ({
      cells: [outcomeWords(o), answeredBy(o.answered_by), count(o.count), duration(o.p50_s), duration(o.p99_s)],
      failed: isFailure(o.outcome),
    }));
    return [{ reporter, heading: ["Outcome", "Answered by", "Count", "P50", "P99"], rows }];
  });
}

function operationTables(edge: Edge): Table[] {
  return REPORTERS.flatMap((reporter) => {
    const operations = sideOf(edge, reporter)?.operations ?? [];
    if (operations.length === 0) return [];
    const rows = operations.map((o) => ({
      cells: [o.operation, count(o.count), shareOf(o.failed, o.count), duration(o.p99_s)],
      failed: o.failed > 0,
    }));
    return [{ reporter, heading: ["Operation", "Count", "Failed", "P99"], rows }];
  });
}

function exemplarLines(edge: Edge): ExemplarLine[] {
  return REPORTERS.flatMap((reporter) =>
    (sideOf(edge, reporter)?.exemplars ?? []).map((e) => ({
      reporter,
      outcome: outcomeWords(e),
      traceId: e.trace_id,
      duration: duration(e.duration_s),
    })),
  );
}

function identityLines(edge: Edge): Line[] {
  const { source, destination } = edge;
  const line = (name: string, read: (end: End) => string | null | undefined): Line => ({
    name,
    source: [read(source) || NOTHING],
    destination: [read(destination) || NOTHING],
  });
  return [
    line("kind", (end) => end.kind),
    line("k8s cluster", (end) => end.cluster),
    line("namespace", (end) => end.namespace),
    line("name", (end) => end.name),
    line("service account", (end) => end.service_account),
    line("trust domain", (end) => end.trust_domain),
    line("canonical service", (end) => [end.canonical_service, end.canonical_revision].map((name) => word(name ?? "")).filter(Boolean).join(" ")),
    { name: "principals", source: orNothing(source.principals), destination: orNothing(destination.principals), identity: true },
  ];
}

export function panelModel(edge: Edge, findings: readonly Finding[]): PanelModel {
  const noun = edge.measure === "connections" ? "connection" : "request";
  const counted_ = (side: SideReport | null, reporter: Reporter): string => (side ? count(side.count) : absentWords(reporter));
  const most = Math.max(edge.source_report?.count ?? 0, edge.destination_report?.count ?? 0);
  return {
    edgeId: edge.id,
    source: { label: endLabel(edge.source), workload: workloadName(edge.source) },
    destination: { label: destinationLabel(edge.destination), workload: workloadName(edge.destination) },
    protocol: edge.protocol,
    measure: counted(most, noun),
    services: (edge.destination.services ?? []).map(word),
    findings: findings.filter((f) => f.edge_id === edge.id).map((f) => f.text),
    absent: {
      source: edge.source_report ? null : absentWords("source"),
      destination: edge.destination_report ? null : absentWords("destination"),
    },
    counts: { source: counted_(edge.source_report, "source"), destination: counted_(edge.destination_report, "destination") },
    reports: reportLines(edge),
    security: { words: securityInFull(edge), lines: securityLines(edge.security) },
    agreement: {
      words: AGREEMENT[edge.agreement.state] ?? edge.agreement.state,
      state: edge.agreement.state,
      reasons: edge.agreement.reasons,
      facts: agreementFacts(edge.agreement),
    },
    outcomes: outcomeTables(edge),
    operations: operationTables(edge),
    exemplars: exemplarLines(edge),
    identities: identityLines(edge),
  };
}
