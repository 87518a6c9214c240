// How an edge is secured, in words, and the class its line belongs to. Who can assert what is the collector's work.

import type { Edge, SecurityCounts } from "./api.ts";

export type SecurityLook = "mutual_both" | "mutual_one" | "tls" | "tls_unobserved" | "application_tls" | "plaintext" | "unknown" | "disagreement";

const STATE: Record<string, string> = {
  mutual_tls: "mutual TLS",
  tls: "one-way TLS",
  application_tls: "TLS by the application",
  plaintext: "PLAINTEXT",
  unknown: "unknown",
  disagreement: "DISAGREEMENT",
};

export function stateWords(state: string): string {
  return STATE[state] ?? state;
}

/** The column `mTLS`: `both sides`, `PLAINTEXT, one side`, `TLS, client authentication unobserved`. */
export function securityWords(edge: Edge): string {
  const { state, statement } = edge.security;
  const said = statement.trim();
  if (state === "mutual_tls") return said || "mutual TLS";
  if (said === "") return stateWords(state);
  if (said.toLowerCase().includes(stateWords(state).toLowerCase())) return said;
  if (state === "tls" && said.startsWith("TLS")) return said;
  return `${stateWords(state)}, ${said}`;
}

/** Whether this side saw any connection at all: one that never connected asserts nothing. */
function asserts(counts: SecurityCounts | null): boolean {
  return counts !== null && counts.mutual_tls + counts.tls + counts.application_tls + counts.plaintext > 0;
}

export function securityLook(edge: Edge): SecurityLook {
  const { state, source, destination } = edge.security;
  switch (state) {
    case "mutual_tls":
      return asserts(source) && asserts(destination) ? "mutual_both" : "mutual_one";
    case "tls":
      return asserts(destination) ? "tls" : "tls_unobserved";
    case "application_tls":
    case "plaintext":
    case "disagreement":
      return state;
    default:
      return "unknown";
  }
}
