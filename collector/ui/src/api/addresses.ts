// Which address of the API answers what a view shows. All are relative: the collector may be behind a path.

import type { View } from "../state/address.ts";

export interface Period {
  from: string;
  to: string;
}

function selection(view: View): URLSearchParams {
  const params = new URLSearchParams();
  if (view.from && view.to) {
    params.set("from", view.from);
    params.set("to", view.to);
  } else {
    params.set("since", view.since);
  }
  if (view.namespace) params.set("namespace", view.namespace);
  if (view.protocol) params.set("protocol", view.protocol);
  if (view.security) params.set("security", view.security);
  included(params, view);
  return params;
}

function included(params: URLSearchParams, view: View): void {
  if (view.include.length > 0) params.set("include", [...view.include].sort().join(","));
}

/** What was counted in the period that is shown, whatever `now` has become. */
function within(period: Period, view: View): URLSearchParams {
  const params = new URLSearchParams({ from: period.from, to: period.to });
  included(params, view);
  return params;
}

export function graphAddress(view: View): string {
  return `api/v1/graph?${selection(view)}`;
}

export function groupsAddress(view: View, period: Period, by: string): string {
  const params = selection(view);
  params.delete("since");
  params.set("from", period.from);
  params.set("to", period.to);
  params.set("by", by);
  return `api/v1/groups?${params}`;
}

/** The worst 500 findings of the period come with a map's first page, however short that is. */
export function findingsAddress(view: View, period: Period): string {
  const params = selection(view);
  params.delete("since");
  params.set("from", period.from);
  params.set("to", period.to);
  params.set("limit", "1");
  return `api/v1/map?${params}`;
}

export function edgeAddress(id: string, view: View, period: Period): string {
  return `api/v1/edges/${encodeURIComponent(id)}?${within(period, view)}`;
}

export function workloadAddress(label: string, view: View, period: Period): string {
  const params = within(period, view);
  params.set("workload", label);
  params.set("limit", "200");
  return `api/v1/map?${params}`;
}

/** Questions about the shape of the mesh take no filters of a map: they are of the whole of it. */
export function impactAddress(label: string, view: View, period: Period): string {
  const params = within(period, view);
  params.set("workload", label);
  return `api/v1/impact?${params}`;
}

export function couplingAddress(view: View, period: Period, limit: number): string {
  const params = within(period, view);
  params.set("limit", String(limit));
  return `api/v1/coupling?${params}`;
}

/** `label`: that one alone, with all that its calls lead to. */
export function entriesAddress(view: View, period: Period, label: string | null): string {
  const params = within(period, view);
  if (label !== null) params.set("workload", label);
  return `api/v1/entries?${params}`;
}

/** Policies judge what is shown up to where nothing changes any more: later, one end may have told what the other has not yet. */
export function complianceAddress({ from, to, sealed_to }: Period & { sealed_to: string | null }): string {
  const isOpen = sealed_to !== null && Date.parse(sealed_to) < Date.parse(to) && Date.parse(sealed_to) > Date.parse(from);
  return `api/v1/compliance?${new URLSearchParams({ from, to: isOpen ? sealed_to : to })}`;
}

export function seriesAddress(edge: string, view: View, period: Period): string {
  const params = within(period, view);
  params.set("edge", edge);
  return `api/v1/series?${params}`;
}

export function diffAddress(a: string, b: string | null): string {
  const params = new URLSearchParams({ a });
  if (b) params.set("b", b);
  params.set("limit", "1000");
  return `api/v1/diff?${params}`;
}

export function graphOf(period: Period): string {
  return `api/v1/graph?${new URLSearchParams({ from: period.from, to: period.to })}`;
}

export const BASELINES = "api/v1/baselines";
export const STATUS = "api/v1/status";
export const EVENTS = "api/v1/events";
