// What the header line says of a map: mesh, period, totals, and completeness as three separate items. Plain values.

import type { Completeness, ServiceMap, SilentProxy } from "./api.ts";
import { clock, count, counted, period, share, span } from "./format.ts";
import { word } from "./shown.ts";

export interface Item {
  id: string;
  label: string;
  value: string;
  /** Something is missing: shown as such, never as fine. */
  lacking: boolean;
  /** More to say, below or on hover. */
  detail: string;
}

/** A workload as labels have it; of one that is not known, its proxy. */
function silentName({ workload, proxy }: SilentProxy): string {
  return workload || word(proxy);
}

function proxies({ proxies }: Completeness): Item {
  const { reporting, expected, seen, silent, statement } = proxies;
  const value = expected === null ? `${count(seen)} seen so far, completeness unknown` : `${count(reporting)}/${count(expected)}`;
  const named = silent.map((s) => `${silentName(s)}${s.since ? ` since ${clock(s.since)}` : ""}`);
  const detail = named.length > 0 ? `silent: ${named.join(", ")}` : statement;
  return { id: "proxies", label: "proxies", value, lacking: expected === null || reporting < expected, detail };
}

function timeCovered({ time_covered: time }: Completeness): Item {
  const { covered_s: covered, expected_s: expected, ratio } = time;
  const known = ratio !== null && expected !== null;
  return {
    id: "time-covered",
    label: "time covered",
    value: known ? share(ratio) : `share unknown (${span(covered)})`,
    lacking: !known || ratio < 1,
    detail: known ? `${span(covered)} of ${span(expected)} of proxy time` : "what was expected is not known",
  };
}

function batchesLost({ batches }: Completeness): Item {
  const refused = batches.refused ?? 0;
  const damaged = batches.damaged_files ?? 0;
  const notes = [
    damaged > 0 ? `and what ${counted(damaged, "damaged file")} held` : "",
    refused > 0 ? `${count(refused)} refused` : "",
    batches.lost_exchanges > 0 ? `${count(batches.lost_exchanges)} exchanges in them` : "",
    batches.unclosed_senders > 0 ? counted(batches.unclosed_senders, "unclosed sender") : "",
    batches.late_parts > 0 ? counted(batches.late_parts, "late part") : "",
  ].filter(Boolean);
  return {
    id: "batches-lost",
    label: "batches lost",
    value: [count(batches.lost), ...notes].join(", "),
    lacking: batches.lost > 0 || damaged > 0 || refused > 0 || batches.unclosed_senders > 0,
    detail: "an unclosed sender ended without its last batch: what it had not sent is not known",
  };
}

function refusedConnections({ refused_connections: refused }: Completeness): Item {
  return {
    id: "refused-connections",
    label: "refused connections",
    value: refused.statement.replace(/^refused connections /, ""),
    lacking: refused.observing < refused.sidecars,
    detail: "a connection that a listener refuses, as STRICT does, is seen by the listener's own access log alone",
  };
}

export function completenessItems(map: ServiceMap): Item[] {
  const { completeness } = map;
  return [proxies(completeness), timeCovered(completeness), batchesLost(completeness), refusedConnections(completeness)];
}

export function totalItems(map: ServiceMap): Item[] {
  const plain = (id: string, label: string, value: string, detail = ""): Item => ({ id, label, value, lacking: false, detail });
  const { totals } = map;
  const sealed = map.sealed_to && Date.parse(map.sealed_to) < Date.parse(map.to) ? `sealed to ${clock(map.sealed_to)}; later slots may still grow` : "";
  const items = [
    plain("period", "period", period(map.from, map.to), sealed),
    plain("workloads", "workloads", count(totals.workloads)),
    plain("edge-count", "edges", count(totals.edges)),
    plain("requests", "requests", count(totals.requests)),
  ];
  if (totals.connections > 0) items.push(plain("connections", "connections", count(totals.connections)));
  if (totals.injected > 0) items.push(plain("injected", "failed on purpose", count(totals.injected), "in no share of failures"));
  if (totals.delayed > 0) items.push(plain("delayed", "delayed on purpose", count(totals.delayed), "in no P50 or P99"));
  if (totals.streaming > 0) items.push(plain("streaming", "streams", count(totals.streaming), "their lives are in no P50 or P99"));
  if (totals.overflow > 0) items.push({ ...plain("overflow", "folded into overflow edges", count(totals.overflow)), lacking: true });
  return items;
}

/** The text in place of an empty map. */
export function emptyText(map: ServiceMap, filtered: boolean): string {
  const { completeness, totals } = map;
  const { silent, statement } = completeness.proxies;
  const sentences = [`No exchanges in this period${filtered ? " with these filters" : ""}; proxies: ${statement}.`];
  if (silent.length > 0) sentences.push(`Silent: ${silent.map(silentName).join(", ")}.`);
  const { probe, telemetry } = totals.left_out;
  if (probe + telemetry > 0) sentences.push(`${count(probe)} probes and ${count(telemetry)} telemetry exchanges are left out.`);
  if (completeness.proxies.seen === 0) sentences.push("No proxy has sent anything yet: check that the filter is attached and that its Envoy cluster leads to this collector.");
  else sentences.push(filtered ? "Clear the filters, or choose a longer period." : "Choose a longer period, or send some traffic.");
  return sentences.join(" ");
}
