// The collector's map as it comes over HTTP: its shapes (schema `hogusu.map/v1`), and how to ask for it.
// No reading of the numbers here, no drawing.

export type EndKind = "workload" | "service" | "address" | "unknown" | "overflow";

export interface End {
  kind: EndKind;
  cluster: string;
  namespace: string;
  name: string;
  label: string;
  service_account?: string | null;
  principals?: string[];
  trust_domain?: string | null;
  canonical_service?: string | null;
  canonical_revision?: string | null;
}

export interface Destination extends End {
  port?: number | null;
  services?: string[];
}

export type AnsweredBy = "application" | "local_proxy" | "upstream" | "nobody";

export interface OutcomeCount {
  outcome: string;
  /** Why, where the outcome alone does not say it. */
  reason?: string | null;
  answered_by: AnsweredBy;
  /** Switched protocols and streams: the quantiles are those of their lives. */
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
}

export interface Operation {
  operation: string;
  count: number;
  failed: number;
  p99_s: number | null;
}

export interface SideReport {
  count: number;
  rate_per_s: number;
  failed: number;
  /** What `failed` is a share of: all but those failed on purpose. */
  failed_of: number;
  failed_ratio: number | null;
  /** Failed on purpose: in no share of failures. */
  injected: number;
  /** Delayed on purpose: in no quantile of answers. */
  delayed: number;
  /** Switched protocols and streams: in no quantile of answers. */
  streaming: number;
  p50_s: number | null;
  p90_s: number | null;
  p99_s: number | null;
  outcomes: OutcomeCount[];
  tls_versions?: Record<string, number>;
  principals?: { source: string[]; destination: string[] };
  exemplars?: Exemplar[];
  operations?: Operation[];
  attempts?: unknown;
  bytes?: { received: number; sent: number } | null;
}

export type SecurityState = "mutual_tls" | "tls" | "application_tls" | "plaintext" | "unknown" | "disagreement";

export interface SecurityCounts {
  mutual_tls: number;
  tls: number;
  application_tls: number;
  plaintext: number;
  unknown: number;
}

export interface Security {
  state: SecurityState;
  statement: string;
  source: SecurityCounts | null;
  destination: SecurityCounts | null;
  /** Whom the applications' own TLS asked for (SNI). */
  server_names: string[];
}

export type AgreementState = "agree" | "disagree" | "one_reporter" | "not_comparable";

export interface Agreement {
  state: AgreementState;
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
  measure: "requests" | "connections";
  security: Security;
  source_report: SideReport | null;
  destination_report: SideReport | null;
  agreement: Agreement;
}

export interface Finding {
  rank: number;
  kind: string;
  edge_id: string | null;
  text: string;
}

export interface SilentProxy {
  proxy: string;
  workload: string;
  since: string | null;
}

export interface Completeness {
  proxies: { reporting: number; expected: number | null; seen: number; silent: SilentProxy[]; statement: string };
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
  left_out: { probe: number; telemetry: number };
  overflow: number;
}

export interface ServiceMap {
  schema: string;
  mesh: string;
  from: string;
  to: string;
  sealed_to: string | null;
  completeness: Completeness;
  totals: Totals;
  edges: Edge[];
  findings: Finding[];
  next_cursor: string | null;
}

export interface MapQuery {
  since: string;
  namespace: string;
  workload: string;
  probe: boolean;
  telemetry: boolean;
}

export const SCHEMA = "hogusu.map/v1";
export const PAGE_LIMIT = 500;
export const EDGE_LIMIT = 5000;

/** The address of one page of the map, from the page's own: both may be behind a path. `first` pins later pages to its period. */
export function mapAddress(query: MapQuery, first?: ServiceMap, cursor?: string): string {
  const params = new URLSearchParams();
  if (first) {
    params.set("from", first.from);
    params.set("to", first.to);
  } else {
    params.set("since", query.since);
  }
  if (query.namespace) params.set("namespace", query.namespace);
  if (query.workload) params.set("workload", query.workload);
  const include = [query.probe ? "probe" : "", query.telemetry ? "telemetry" : ""].filter(Boolean).join(",");
  if (include) params.set("include", include);
  params.set("limit", String(PAGE_LIMIT));
  if (cursor) params.set("cursor", cursor);
  return `api/v1/map?${params}`;
}

/** What an answer that is not a map says, in words fit for a banner. */
export function refusal(status: number, statusText: string, body: string): string {
  try {
    const error = (JSON.parse(body) as { error?: { message?: string; remedy?: string } }).error;
    if (error?.message) return error.remedy ? `${error.message} (${error.remedy})` : error.message;
  } catch {
    // Not the collector's own error shape: a gateway or something else answered.
  }
  return `the collector answered ${`${status} ${statusText}`.trim()}`;
}

/** Takes a parsed body as a map, or says why it is none. */
export function asMap(value: unknown): ServiceMap {
  const map = value as Partial<ServiceMap> | null;
  if (map?.schema !== SCHEMA) throw new Error(`expected schema ${SCHEMA}, the answer has ${map?.schema ?? "none"}; reload the page`);
  if (!Array.isArray(map.edges) || !map.completeness || !map.totals) throw new Error("the answer is not a whole map");
  return map as ServiceMap;
}

async function fetchPage(address: string, signal: AbortSignal): Promise<ServiceMap> {
  let answer: Response;
  try {
    answer = await fetch(address, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error("the collector does not answer", { cause: error });
  }
  const body = await answer.text();
  if (!answer.ok) throw new Error(refusal(answer.status, answer.statusText, body));
  return asMap(JSON.parse(body));
}

/** The whole map: its first page and those after it, up to EDGE_LIMIT edges (`next_cursor` then stays set). */
export async function fetchMap(query: MapQuery, signal: AbortSignal): Promise<ServiceMap> {
  const first = await fetchPage(mapAddress(query), signal);
  // By id: while the period is not sealed, an edge may move from one page to the next between two questions.
  const edges = new Map(first.edges.map((edge) => [edge.id, edge]));
  // Those about an edge come with its page, the worst ones with the first too; a collector of a version before gives all with each.
  const findings = [...(first.findings ?? [])];
  const about = (finding: Finding): string => `${finding.edge_id} ${finding.text}`;
  const told = new Set(findings.map(about));
  let cursor = first.next_cursor;
  while (cursor && edges.size < EDGE_LIMIT) {
    const page = await fetchPage(mapAddress(query, first, cursor), signal);
    const fresh = page.edges.filter((edge) => !edges.has(edge.id));
    for (const edge of fresh) edges.set(edge.id, edge);
    const ids = new Set(fresh.map((edge) => edge.id));
    for (const finding of page.findings ?? []) {
      if (finding.edge_id === null || !ids.has(finding.edge_id) || told.has(about(finding))) continue;
      told.add(about(finding));
      findings.push(finding);
    }
    cursor = page.next_cursor;
  }
  return { ...first, edges: [...edges.values()], findings: findings.sort((a, b) => a.rank - b.rank), next_cursor: cursor };
}
