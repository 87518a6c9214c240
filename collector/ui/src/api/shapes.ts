// What the collector answers about one edge, as JSON has it (docs/api.md). Shapes alone: nothing is read or asked here.

export type Reporter = "source" | "destination";
export type Measure = "requests" | "connections";

export interface End {
  kind: string;
  cluster: string;
  namespace: string;
  name: string;
  label: string;
  service_account?: string | null;
  principals?: string[];
  trust_domain?: string | null;
  canonical_service?: string | null;
  canonical_revision?: string | null;
  named_by?: string[];
  zones?: string[];
}

export interface Destination extends End {
  port?: number | null;
  services?: string[];
}

export interface Outcome {
  outcome: string;
  /** Why, where the outcome alone does not say it. */
  reason?: string | null;
  answered_by: string;
  /** Their durations are lives. */
  streaming?: boolean;
  count: number;
  p50_s: number | null;
  p90_s?: number | null;
  p99_s: number | null;
}

export interface Exemplar {
  outcome: string;
  reason?: string | null;
  streaming?: boolean;
  trace_id: string;
  duration_s: number | null;
  at?: string;
}

export interface Operation {
  operation: string;
  count: number;
  failed: number;
  p99_s: number | null;
}

export interface Report {
  count: number;
  rate_per_s: number;
  failed: number;
  /** What `failed` is a share of: all but those failed on purpose. */
  failed_of: number;
  failed_ratio: number | null;
  injected: number;
  delayed: number;
  streaming: number;
  p50_s: number | null;
  p90_s: number | null;
  p99_s: number | null;
  outcomes: Outcome[];
  tls_versions?: Record<string, number>;
  principals?: { source: string[]; destination: string[] };
  exemplars?: Exemplar[];
  operations?: Operation[];
  bytes?: { received: number; sent: number } | null;
}

export type SecurityWord = "mutual_tls" | "tls" | "application_tls" | "plaintext" | "unknown";
type SecurityCounts = Record<SecurityWord, number>;

export interface Security {
  state: string;
  statement: string;
  source: SecurityCounts | null;
  destination: SecurityCounts | null;
  server_names?: string[];
}

export interface Agreement {
  state: string;
  reasons: string[];
  attempts: number | null;
  undetermined: number;
  connect_failures: number;
  requests_at_destination: number | null;
}

export interface Edge {
  id: string;
  source: End;
  destination: Destination;
  protocol: string;
  measure: Measure;
  security: Security;
  source_report: Report | null;
  destination_report: Report | null;
  agreement: Agreement;
}

export interface Finding {
  rank: number;
  kind: string;
  /** `null`: it is about the telemetry. */
  edge_id: string | null;
  text: string;
}

/** `hogusu.edge/v1`. */
export interface EdgeAnswer extends Observed {
  edge: Edge;
  findings: Finding[];
}

/** `hogusu.map/v1`: here its findings, and edges of one workload. */
export interface MapAnswer extends Observed {
  totals: Totals;
  edges: Edge[];
  findings: Finding[];
  next_cursor: string | null;
}

/** What stands above every answer about a period. */
export interface Observed {
  schema: string;
  mesh?: string;
  from: string;
  to: string;
  sealed_to: string | null;
  resolution?: string;
  seconds: number;
  completeness: Completeness;
}

interface SilentProxy {
  proxy: string;
  workload: string;
  /** `null`: it was expected, and never seen. */
  since: string | null;
}

export interface Completeness {
  proxies: { reporting: number; expected: number | null; not_observable?: number; seen: number; silent: SilentProxy[]; statement: string };
  time_covered: { covered_s: number; expected_s: number | null; ratio: number | null };
  batches: { lost: number; lost_exchanges: number; refused?: number; unclosed_senders: number; late_parts: number; damaged_files?: number };
  refused_connections: { observing: number; sidecars: number; statement: string };
}

export interface Totals {
  workloads: number;
  edges: number;
  requests: number;
  connections: number;
  injected: number;
  delayed: number;
  streaming: number;
  left_out: { probe: number; telemetry: number; declared?: number };
  overflow: number;
}
