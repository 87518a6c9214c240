// What an edge looks like in each mode, and the words that say the same. No data is never "fine": it has looks of its own.

import type { GraphEdge } from "../api/graph.ts";
import { count, duration, shareOf } from "./format.ts";

/** Class of a line; the styles give it a colour. */
type LookName = "ok" | "few" | "some" | "many" | "none" | "unsure" | "oneway" | "plain" | "disagree" | "unknown" | "app" | "same" | "added" | "removed" | "slower" | "faster" | "thin";

export interface Look {
  name: LookName;
  /** How bad: where edges are merged the worst shows. */
  weight: number;
  words: string;
  dashed: boolean;
}

const look = (name: LookName, weight: number, words: string, dashed = false): Look => ({ name, weight, words, dashed });

const ERRORS = {
  ok: look("ok", 0, "no failures"),
  few: look("few", 3, "below 1 % failed"),
  some: look("some", 4, "1 % to 5 % failed"),
  many: look("many", 5, "5 % or more failed"),
  unsure: look("unsure", 1, "no failures seen, an end is silent", true),
  none: look("none", 2, "no report", true),
} as const;

const SECURITY: Record<string, Look> = {
  mutual_tls: look("ok", 0, "mutual TLS"),
  application_tls: look("app", 2, "TLS by the application, peer unproven", true),
  unknown: look("unknown", 3, "unknown: nobody could say", true),
  tls: look("oneway", 2, "TLS, client not proven"),
  disagreement: look("disagree", 4, "the reporters disagree"),
  plaintext: look("plain", 5, "PLAINTEXT"),
};

export const LEGEND = {
  errors: [ERRORS.ok, ERRORS.few, ERRORS.some, ERRORS.many, ERRORS.unsure, ERRORS.none],
  mtls: ["mutual_tls", "tls", "application_tls", "plaintext", "disagreement", "unknown"].map((state) => SECURITY[state] as Look),
};

export function securityLook(state: string): Look {
  return SECURITY[state] ?? look("unknown", 3, state.replaceAll("_", " "), true);
}

/** A finding of failures is by the worse of both reports, or one revision's: the line is then never lighter than that. */
export function errorLook(edge: Pick<GraphEdge, "failed" | "failedOf" | "finding">, isSilent: boolean): Look {
  const { failed, failedOf, finding } = edge;
  if (failed === null || failedOf === null || failedOf <= 0) return finding === "failing" ? ERRORS.some : ERRORS.none;
  const ratio = failed / failedOf;
  if (ratio >= 0.05) return ERRORS.many;
  if (ratio >= 0.01 || finding === "failing") return ERRORS.some;
  if (failed > 0) return ERRORS.few;
  return isSilent ? ERRORS.unsure : ERRORS.ok;
}

/** What is written on a line; nothing where it is as it should be. */
export function lineLabel(edge: GraphEdge, mode: "errors" | "mtls", isSilent: boolean): string {
  if (edge.security === "plaintext") return "PLAINTEXT";
  if (mode === "mtls") return edge.security === "mutual_tls" ? "" : securityWord(edge.security);
  const { name } = errorLook(edge, isSilent);
  if (name === "none") return "no report";
  if (edge.failed && edge.failedOf && name !== "few") return failures(edge.failed, edge.failedOf);
  if (edge.finding === "slowness" && edge.p99 !== null) return `P99 ${duration(edge.p99)}`;
  if (name === "some") return "failing";
  // Who carries a finding of another kind is told by its word; what was done on purpose is none.
  return edge.finding === "disagreement" ? "reporters disagree" : "";
}

/** `2.5 % = 300 / 12,000`: never a share without what it is of. */
export function failures(failed: number, of: number): string {
  return `${shareOf(failed, of)} = ${count(failed)} / ${count(of)}`;
}

const WORD: Record<string, string> = {
  mutual_tls: "mutual TLS",
  tls: "TLS",
  application_tls: "TLS by application",
  plaintext: "PLAINTEXT",
  unknown: "unknown",
  disagreement: "disagree",
};

export function securityWord(state: string): string {
  return WORD[state] ?? state.replaceAll("_", " ");
}

/** One of four widths, by the order of magnitude of the rate; never of failures. Pixels. */
export function lineWidth(exchanges: number | null, seconds: number): number {
  const rate = exchanges === null || seconds <= 0 ? 0 : exchanges / seconds;
  if (rate < 1) return 1.2;
  if (rate < 10) return 2.2;
  return rate < 100 ? 3.4 : 5;
}
