// Why nothing is there, and the next command: no proxy ever, a filter that matches nothing, or no traffic. Pure.

import type { Graph } from "../api/graph.ts";
import { clock } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import type { View } from "../state/address.ts";

export function emptyText(graph: Graph, view: View): { said: string; next: string } {
  const { proxies } = graph.completeness;
  const filters = (["namespace", "protocol", "security"] as const).filter((name) => view[name] !== "").map((name) => `${name} ${shown(view[name])}`);
  const when = `${clock(graph.from)} to ${clock(graph.to)}`;
  if (filters.length > 0) return { said: `No edge with ${filters.join(", ")} from ${when}. Nothing says that there is none at other times, or under another spelling.`, next: "hogusu map --all" };
  if (proxies.seen === 0) return { said: `No proxy has reported from ${when}. Nothing is known of the mesh: this is no sign that all is well.`, next: "hogusu check" };
  return { said: `${proxies.statement}: proxies report, and counted no exchange from ${when}.`, next: "hogusu map --since 1h --include probe,telemetry" };
}
