// The looks of an edge, once for the graph and its legend: colour, width, line and the words that say the same.
// Grey is what is as it should be, dashed is no data, dotted is one side's word alone.

import type { Edge } from "./api.ts";
import { worstFailure, type Failure, type FailureLevel } from "./failure.ts";
import { count, shareOf } from "./format.ts";
import { securityLook, type SecurityLook } from "./security.ts";

export type Mode = "errors" | "mtls";
export type LookName = FailureLevel | SecurityLook;

export interface Look {
  /** A custom property of style.css. */
  colour: string;
  width: number;
  line: "solid" | "dashed" | "dotted";
  words: string;
  /** How bad it is: where edges are merged, the worst one shows. */
  weight: number;
}

const look = (colour: string, width: number, line: Look["line"], weight: number, words: string): Look => ({
  colour: `--edge-${colour}`,
  width,
  line,
  weight,
  words,
});

export const LOOKS: Record<LookName, Look> = {
  healthy: look("ok", 2, "solid", 0, "healthy: no failures"),
  few: look("few", 3, "solid", 2, "below 1 % failed"),
  some: look("some", 4.5, "solid", 3, "1 % to 5 % failed"),
  many: look("many", 6.5, "solid", 4, "5 % or more failed"),
  no_data: look("none", 2, "dashed", 1, "no data in this period"),
  mutual_both: look("ok", 2, "solid", 0, "mutual TLS, both sides"),
  mutual_one: look("ok", 2, "dotted", 1, "mutual TLS, one side's word"),
  tls_unobserved: look("tls", 3, "dotted", 2, "TLS, client authentication unobserved"),
  tls: look("tls", 3.5, "solid", 4, "one-way TLS"),
  application_tls: look("tls", 3, "dashed", 2, "TLS by the application, peer unproven"),
  unknown: look("none", 2, "dashed", 3, "unknown: nobody could say"),
  disagreement: look("differ", 4.5, "solid", 5, "reporters disagree"),
  plaintext: look("plain", 6.5, "solid", 6, "plaintext"),
};

export const LEGEND: Record<Mode, readonly LookName[]> = {
  errors: ["healthy", "few", "some", "many", "no_data"],
  mtls: ["mutual_both", "mutual_one", "tls_unobserved", "tls", "application_tls", "plaintext", "disagreement", "unknown"],
};

export interface EdgeLook {
  name: LookName;
  /** Written on the line: what its colour says. Empty where grey says it. */
  label: string;
}

function failureLabel(failure: Failure): string {
  if (failure.level === "healthy") return "";
  if (failure.level === "no_data") return "no data";
  const text = `${shareOf(failure.failed, failure.of)} failed`;
  return failure.reporter === "destination" ? `${text} (dst)` : text;
}

const SECURITY_LABEL: Record<SecurityLook, string> = {
  mutual_both: "",
  mutual_one: "one side",
  tls_unobserved: "client unobserved",
  tls: "one-way TLS",
  application_tls: "TLS by the app",
  plaintext: "PLAINTEXT",
  disagreement: "disagree",
  unknown: "unknown",
};

export function edgeLook(edge: Edge, mode: Mode): EdgeLook {
  if (mode === "errors") {
    const failure = worstFailure(edge);
    return { name: failure.level, label: failureLabel(failure) };
  }
  const name = securityLook(edge);
  return { name, label: SECURITY_LABEL[name] };
}

/** One look for several edges drawn as one line: the worst, with how many share it. */
export function mergedLook(edges: readonly Edge[], mode: Mode): EdgeLook {
  let worst: LookName | undefined;
  let alike = 0;
  for (const edge of edges) {
    const { name } = edgeLook(edge, mode);
    if (name === worst) alike += 1;
    else if (worst === undefined || LOOKS[name].weight > LOOKS[worst].weight) [worst, alike] = [name, 1];
  }
  const name = worst ?? (mode === "errors" ? "no_data" : "unknown");
  if (LOOKS[name].weight === 0) return { name, label: "" };
  return { name, label: `${count(alike)} of ${count(edges.length)}` };
}
