// How an edge failed: which report is read for it, how bad it is, and who answered instead.

import type { AnsweredBy, Edge, OutcomeCount, SideReport } from "./api.ts";
import { count } from "./format.ts";

export type FailureLevel = "healthy" | "few" | "some" | "many" | "no_data";

export interface Failure {
  level: FailureLevel;
  failed: number;
  of: number;
  reporter: "source" | "destination" | null;
}

/** The source's report where there is one: it saw what the source got. Else the destination's. */
export function mainReport(edge: Edge): { side: SideReport; reporter: "source" | "destination" } | null {
  if (edge.source_report) return { side: edge.source_report, reporter: "source" };
  if (edge.destination_report) return { side: edge.destination_report, reporter: "destination" };
  return null;
}

export function levelOf(failed: number, of: number): FailureLevel {
  if (of <= 0) return "no_data";
  if (failed <= 0) return "healthy";
  const ratio = failed / of;
  if (ratio < 0.01) return "few";
  return ratio < 0.05 ? "some" : "many";
}

/** The worse of both reports: failures that retries hid from the source still colour the edge. */
export function worstFailure(edge: Edge): Failure {
  let worst: Failure = { level: "no_data", failed: 0, of: 0, reporter: null };
  for (const [reporter, side] of [["source", edge.source_report], ["destination", edge.destination_report]] as const) {
    if (!side || side.failed_of <= 0) continue;
    const worse = worst.reporter === null || side.failed / side.failed_of > worst.failed / worst.of;
    if (worse) worst = { level: levelOf(side.failed, side.failed_of), failed: side.failed, of: side.failed_of, reporter };
  }
  return worst;
}

const NO_FAILURES = ["ok", "client_gone", "injected_delay", "injected_fault"];

/** Mirrors the collector's rule: a source that went away itself did not fail, and what was injected is no failure. */
export function isFailure(outcome: string): boolean {
  return !NO_FAILURES.includes(outcome);
}

function failedBy(outcomes: readonly OutcomeCount[], who: AnsweredBy): number {
  return outcomes.reduce((sum, o) => (isFailure(o.outcome) && o.answered_by === who ? sum + o.count : sum), 0);
}

/**
 * Who answered the failed exchanges, with numbers: `app 300`, `source proxy 4, nobody 2`. The source only knows
 * `upstream`; it is split into application and proxy where the destination's own numbers account for all of it.
 */
export function failedAnswers(edge: Edge): string {
  const source = edge.source_report?.outcomes;
  const destination = edge.destination_report?.outcomes;
  const parts: [string, number][] = [];
  const app = destination ? failedBy(destination, "application") : 0;
  const proxy = destination ? failedBy(destination, "local_proxy") : 0;
  if (source) {
    const upstream = failedBy(source, "upstream");
    if (destination && app + proxy === upstream) parts.push(["app", app], ["dst proxy", proxy]);
    else parts.push(["upstream", upstream]);
    parts.push(["src proxy", failedBy(source, "local_proxy")], ["nobody", failedBy(source, "nobody")]);
  } else if (destination) {
    parts.push(["app", app], ["dst proxy", proxy], ["upstream", failedBy(destination, "upstream")]);
    parts.push(["nobody", failedBy(destination, "nobody")]);
  }
  const named = parts.filter(([, n]) => n > 0).map(([who, n]) => `${who} ${count(n)}`);
  return named.length > 0 ? named.join(", ") : "-";
}

const ANSWERED_BY: Record<AnsweredBy, string> = {
  application: "application",
  local_proxy: "the reporting proxy",
  upstream: "upstream",
  nobody: "nobody",
};

export function answeredBy(who: string): string {
  return ANSWERED_BY[who as AnsweredBy] ?? who;
}

/** `tls failure (san mismatch)`, `ok, streams`. */
export function outcomeWords({ outcome, reason, streaming }: { outcome: string; reason?: string | null; streaming?: boolean }): string {
  const words = (word: string): string => word.replaceAll("_", " ");
  const ended = reason ? `${words(outcome)} (${words(reason)})` : words(outcome);
  return streaming ? `${ended}, streams` : ended;
}
