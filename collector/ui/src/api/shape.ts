// What the shape of the mesh says: entry points, impact, coupling (docs/topology.md). Shapes alone.

import type { Observed } from "./shapes.ts";

/** How an entry point's traffic was counted: `requests_received`, or `calls_made` where none was seen to reach it. */
type Traffic = string;

/** Mean seconds of a request, inferred: a range, for edges hold no order of calls. */
export interface OwnTime {
  if_sequential_s: number;
  if_parallel_s: number;
  whole_s: number;
}

export interface Impact extends Observed {
  /** `null`: it is at no end of an edge. */
  workload: string | null;
  is_name_seen: boolean;
  /** Else nothing is certain of others than itself. */
  is_whole: boolean;
  entries: { workload: string; why: string; certainty: string; measure: Traffic; requests: number; share_if_even: number | null; share_at_most: number | null }[];
  entries_in_all: number;
  callers: string[];
  callers_in_all: number;
  upstream: number;
  cut_off: string[];
  cut_off_in_all: number;
  exchanges_from_outside: number;
}

export interface Link {
  source: string;
  destination: string;
  requests: number;
  failed: number;
  failed_of: number;
  calls_per_request: number | null;
  cut_off: number;
  score: number;
  /** Each from 0 to 1; `null`: not known. */
  values: Record<string, number | null>;
  reason: string;
  chain: number;
  sources: number;
}

export interface Coupling extends Observed {
  weights: Record<string, number>;
  links: Link[];
  links_in_all: number;
  cycles: { members: string[]; members_in_all: number; requests: number; thinnest_source: string; thinnest_destination: string }[];
  cycles_in_all: number;
  single_points: { workload: string; entries: number; requests: number; cut_off: number }[];
  single_points_in_all: number;
  bottlenecks: { workload: string; sources: number; effective_sources: number; requests: number; share: number }[];
  bottlenecks_in_all: number;
  chatty: { source: string; destination: string; calls_per_request: number; entry: string | null; calls_per_entry_request: number | null }[];
  chatty_in_all: number;
  retried: { source: string; destination: string; requests: number; attempts: number }[];
  retried_in_all: number;
}

export interface Call {
  workload: string;
  kind: string;
  level: number;
  caller: string;
  failed: number;
  failed_of: number;
  own_time: OwnTime | null;
  is_synchronous: boolean;
  is_hard: boolean;
  calls_per_request: number | null;
  share_if_even: number | null;
  share_at_most: number | null;
}

export interface Entry {
  workload: string;
  why: string;
  measure: Traffic;
  requests: number;
  failed: number;
  failed_of: number;
  depth: number;
  /** Why that is only a least depth. */
  depth_at_least: string[];
  dependencies: number;
  hard_dependencies: number;
  availability: { minimum: number | null; product: number | null; worst: string | null; not_judged: number };
  attempts_for_one: number | null;
  own_time: OwnTime | null;
  /** Of one that was asked for alone. */
  calls: Call[] | null;
}

export interface Entries extends Observed {
  is_name_seen: boolean;
  entries: Entry[];
  entries_in_all: number;
}
