// Search: every term has to occur. `from:` and `to:` look at one end only.

import type { Edge } from "./api.ts";
import { securityWords, stateWords } from "./security.ts";
import { destinationLabel, endLabel } from "./row.ts";

function everything(edge: Edge): string {
  const { source, destination } = edge;
  return [
    endLabel(source),
    destinationLabel(destination),
    edge.protocol,
    edge.id,
    securityWords(edge),
    stateWords(edge.security.state),
    ...(destination.services ?? []),
    ...(source.principals ?? []),
    ...(destination.principals ?? []),
  ]
    .join(" ")
    .toLowerCase();
}

export function matches(edge: Edge, search: string): boolean {
  const terms = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) return true;
  const all = everything(edge);
  return terms.every((term) => {
    if (term.startsWith("from:")) return endLabel(edge.source).toLowerCase().includes(term.slice(5));
    if (term.startsWith("to:")) return destinationLabel(edge.destination).toLowerCase().includes(term.slice(3));
    return all.includes(term);
  });
}
