// What both reporters say of one edge, as lines of a table: plain values. Absent is a word, never a zero.

import type { Agreement, Edge, End, Report, Reporter, SecurityWord } from "../api/shapes.ts";
import { bytes, count, duration, rate } from "../model/format.ts";
import { securityWord } from "../model/looks.ts";
import { word } from "../model/shown.ts";

export const REPORTERS: readonly Reporter[] = ["source", "destination"];

export interface Fact {
  name: string;
  /** `null`: this side does not report. */
  source: string | null;
  destination: string | null;
}

export function reportOf(edge: Edge, reporter: Reporter): Report | null {
  return reporter === "source" ? edge.source_report : edge.destination_report;
}

function both(edge: Edge, name: string, read: (report: Report) => string): Fact {
  const text = (report: Report | null): string | null => (report ? read(report) : null);
  return { name, source: text(edge.source_report), destination: text(edge.destination_report) };
}

/** Without failures, which are shown with their share. */
export function facts(edge: Edge): Fact[] {
  const isRequests = edge.measure === "requests";
  const apart: [string, (report: Report) => number][] = [
    ["failed on purpose", (r) => r.injected],
    ["delayed on purpose", (r) => r.delayed],
    ["streams", (r) => r.streaming],
  ];
  const sides = [edge.source_report, edge.destination_report];
  return [
    both(edge, "per second", (r) => rate(r.rate_per_s)),
    ...apart.filter(([, of]) => sides.some((side) => side && of(side) > 0)).map(([name, of]) => both(edge, name, (r) => count(of(r)))),
    ...(isRequests ? [both(edge, "P50", (r) => duration(r.p50_s)), both(edge, "P90", (r) => duration(r.p90_s)), both(edge, "P99", (r) => duration(r.p99_s))] : []),
    ...(sides.some((side) => side?.bytes) ? [both(edge, "bytes", (r) => (r.bytes ? `${bytes(r.bytes.received)} in, ${bytes(r.bytes.sent)} out` : "not measured"))] : []),
  ];
}

/** Why both counts differ, as the collector compares them. */
export function difference({ source_report: source, destination_report: destination, agreement }: Edge): string {
  if (!source || !destination) return "one reporter only";
  const by = source.count - destination.count;
  if (by === 0) return "equal";
  const reasons: string[] = [];
  if (agreement.connect_failures > 0) reasons.push(`${count(agreement.connect_failures)} never connected`);
  if (agreement.undetermined > 0) reasons.push(`${count(agreement.undetermined)} undetermined`);
  return `${by > 0 ? "+" : "−"}${count(Math.abs(by))}${reasons.length > 0 ? `: ${reasons.join(", ")}` : ""}`;
}

export function agreementFacts(agreement: Agreement): [string, string][] {
  const { attempts, undetermined, connect_failures: refused, requests_at_destination: arrived } = agreement;
  const lines: [string, string][] = [];
  if (attempts !== null) lines.push(["attempts", count(attempts)]);
  lines.push(["undetermined", count(undetermined)], ["connect failures", count(refused)]);
  if (arrived !== null) lines.push(["requests at the destination", count(arrived)]);
  if (attempts !== null && arrived !== null) lines.push(["must hold", `${count(attempts - undetermined)} ≤ ${count(arrived)} ≤ ${count(attempts - refused)}`]);
  return lines;
}

const WORDS: readonly SecurityWord[] = ["mutual_tls", "tls", "application_tls", "plaintext", "unknown"];

/** Exchanges by what each side asserts; only what somebody says. */
export function securityFacts({ security }: Edge): Fact[] {
  const seen = WORDS.filter((state) => (security.source?.[state] ?? 0) + (security.destination?.[state] ?? 0) > 0);
  return seen.map((state) => ({
    name: securityWord(state),
    source: security.source ? count(security.source[state]) : null,
    destination: security.destination ? count(security.destination[state]) : null,
  }));
}

function versions(report: Report): string {
  const entries = Object.entries(report.tls_versions ?? {}).filter(([, n]) => n > 0);
  return entries.length > 0 ? entries.map(([version, n]) => `${version || "unknown"} ${count(n)}`).join(", ") : "none seen";
}

/** Who each side says the ends are. */
export function identityFacts(edge: Edge): Fact[] {
  const names = (list: readonly string[] | undefined): string => (list && list.length > 0 ? list.map(word).join(" ") : "none seen");
  return [
    both(edge, "TLS versions", versions),
    both(edge, "source's id", (r) => names(r.principals?.source)),
    both(edge, "destination's id", (r) => names(r.principals?.destination)),
  ];
}

/** What is known of each end, in the same order. */
export function endFacts(edge: Edge): Fact[] {
  const line = (name: string, read: (end: End) => string | null | undefined): Fact => ({ name, source: read(edge.source) || "unknown", destination: read(edge.destination) || "unknown" });
  return [
    line("kind", (end) => end.kind),
    line("k8s cluster", (end) => end.cluster),
    line("namespace", (end) => end.namespace),
    line("service account", (end) => end.service_account),
    line("trust domain", (end) => end.trust_domain),
    line("service, revision", (end) => [end.canonical_service, end.canonical_revision].filter(Boolean).join(", ")),
    line("named by", (end) => end.named_by?.map((how) => how.replaceAll("_", " ")).join(", ")),
    line("zones", (end) => end.zones?.join(", ")),
  ];
}
