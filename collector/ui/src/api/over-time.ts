// What the collector answers over time and of two periods: series, groups, baselines, diffs, its own status. Shapes alone.

import type { Measure, Observed, Totals } from "./shapes.ts";

export interface PointReport {
  count: number;
  rate_per_s: number;
  failed: number;
  failed_of: number;
  failed_ratio: number | null;
  p50_s: number | null;
  p90_s: number | null;
  p99_s: number | null;
}

export interface Point {
  from: string;
  to: string;
  /** `null`: nothing was covered of either end, so nothing is known. */
  exchanges: number | null;
  source_covered: number | null;
  destination_covered: number | null;
  source_report: PointReport | null;
  destination_report: PointReport | null;
}

interface SeriesLine {
  edge: string;
  source: string;
  destination: string;
  port: number | null;
  protocol: string;
  measure: Measure;
  points: Point[];
}

export interface Series {
  schema: string;
  from: string;
  to: string;
  step_s: number;
  resolution: string;
  lines: SeriesLine[];
}

export interface Group {
  source: string | null;
  source_kind: string;
  destination: string | null;
  destination_kind: string;
  measure: Measure;
  edges: number;
  exchanges: number;
  failed: number;
  failed_of: number;
  p99_s: number | null;
  security: Record<string, number>;
  finding: string | null;
  worst_edge: string;
}

export interface Groups extends Observed {
  totals: Totals;
  by: string;
  groups: Group[];
}

interface Baseline {
  name: string;
  from: string | null;
  to: string | null;
  saved: string | null;
  problem: string | null;
}

export interface Baselines {
  schema: string;
  baselines: Baseline[];
}

export interface DiffPeriod {
  baseline: string | null;
  from: string;
  to: string;
  edges: number;
  completeness: { is_known: boolean; covered_seconds: number; expected_seconds: number; lost_batches: number; refused_batches: number; unclosed_senders: number };
}

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface DiffCounts {
  count: number;
  per_second: number;
  failed: number;
  judged: number;
}

export interface DiffEdge {
  id: string;
  label: string;
  words: string[];
  presence: string;
  report: string | null;
  a: DiffCounts | null;
  b: DiffCounts | null;
  latency: { ratio: Interval | null; unit: string; values_a: number; values_b: number } | null;
  failures: { difference: Interval | null } | null;
  security: { word: string; a: string; b: string; new_principals: string[]; gone_principals: string[] } | null;
}

export interface Diff {
  schema: string;
  a: DiffPeriod;
  b: DiffPeriod;
  has_words: boolean;
  statement: string;
  words: Record<string, number>;
  total: number;
  edges: DiffEdge[];
}

export interface Status {
  schema: string;
  version: string;
  now: string;
  sealed_to: string | null;
  storage: { oldest: string | null };
  resolutions: { resolution: string; keep_s: number; from: string | null; to: string | null }[];
  /** Where a trace is found: an address with `{trace_id}` in it. */
  trace_url?: string | null;
}
