// What the reader chose: kept in the page's address, so that a link shows the same view.

import type { MapQuery } from "./api.ts";
import type { Mode } from "./looks.ts";

export const PERIODS = ["1m", "5m", "15m", "1h", "6h"] as const;

export interface ViewState extends MapQuery {
  search: string;
  mode: Mode;
  edge: string | null;
}

export function fromAddress(search: string): ViewState {
  const params = new URLSearchParams(search);
  const since = params.get("since") ?? "";
  const include = (params.get("include") ?? "").split(",");
  return {
    since: /^\d+[smhd]$/.test(since) ? since : "5m",
    namespace: params.get("namespace") ?? "",
    workload: params.get("workload") ?? "",
    probe: include.includes("probe"),
    telemetry: include.includes("telemetry"),
    search: params.get("q") ?? "",
    mode: params.get("mode") === "mtls" ? "mtls" : "errors",
    edge: params.get("edge"),
  };
}

export function toAddress(state: ViewState): string {
  const params = new URLSearchParams();
  if (state.since !== "5m") params.set("since", state.since);
  if (state.namespace) params.set("namespace", state.namespace);
  if (state.workload) params.set("workload", state.workload);
  const include = [state.probe ? "probe" : "", state.telemetry ? "telemetry" : ""].filter(Boolean);
  if (include.length > 0) params.set("include", include.join(","));
  if (state.search) params.set("q", state.search);
  if (state.mode !== "errors") params.set("mode", state.mode);
  if (state.edge) params.set("edge", state.edge);
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Whether two states ask the collector for the same map. */
export function sameQuery(a: ViewState, b: ViewState): boolean {
  return a.since === b.since && a.namespace === b.namespace && a.workload === b.workload && a.probe === b.probe && a.telemetry === b.telemetry;
}
