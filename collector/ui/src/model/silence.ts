// Whose numbers are incomplete, as a proxy of theirs was silent in part of the period. Pure.

import type { Completeness } from "../api/shapes.ts";

interface Named {
  kind: string;
  label: string;
  namespace: string;
  name: string;
}

/** A label has its k8s cluster in front where several have the name; a silent proxy's workload never has. */
export function isOf(end: Named, workload: string): boolean {
  return end.kind === "workload" && (workload === end.label || workload === `${end.namespace}/${end.name}`);
}

/** Whether a proxy of an end was silent. */
export function silence({ proxies }: Completeness): (end: Named) => boolean {
  const silent = new Set(proxies.silent.map(({ workload }) => workload));
  return (end) => end.kind === "workload" && (silent.has(end.label) || silent.has(`${end.namespace}/${end.name}`));
}
