// What policies say of a period (docs/compliance.md), as far as the page shows it. Shapes alone.

export interface Rate {
  compliant: number;
  violating: number;
  excepted: number;
  undecidable: number;
  unobserved: number;
  decided: number;
  seen: number;
  lost: number;
  at_least: number;
}

export interface EdgeResult {
  edge: string;
  label: string;
  state: string;
  violating: Record<string, number>;
}

export interface PolicyResult {
  id: string;
  question: string;
  severity: string;
  owner: string;
  verdict: "compliant" | "not_proven" | "violating";
  unproven: string[];
  requests: Rate;
  connections: Rate;
  edges: Rate;
  results: EdgeResult[];
}

export interface Compliance {
  schema: string;
  from: string;
  to: string;
  population: { edges: number; workloads: number };
  completeness: { statement: string; covered_s: number; expected_s: number; lost_batches: number; lost_exchanges: number; refused_batches: number };
  refused_connections: { statement: string };
  unjudged: { statement: string };
  policies: PolicyResult[];
}
