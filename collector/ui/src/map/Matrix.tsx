// Who asks whom as a matrix of namespaces or workloads: sums are the collector's own groups. At most 40 of each, the rest is counted.

import type { JSX } from "preact";
import { groupsAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Group, Groups } from "../api/over-time.ts";
import { count, counted } from "../model/format.ts";
import { errorLook, failures, securityLook, securityWord } from "../model/looks.ts";
import { shown } from "../model/shown.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Choice, Name } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { useAnswer } from "../state/use.ts";
import { OUTSIDE } from "./ends.ts";

/** Each cell of a table of 40 by 40 is an element. */
const MOST = 40;
const BY = [["namespace", "Namespaces"], ["workload", "Workloads"]] as const;

const nameOf = (name: string | null, kind: string): string => (kind === "workload" ? (name ?? "?") : OUTSIDE);

/** Names with the most edges first to be kept, then by name; and how many were left out. */
export function axis(groups: readonly Group[]): { names: string[]; left: number } {
  const edges = new Map<string, number>();
  const urgent = new Set<string>();
  for (const group of groups) {
    for (const name of [nameOf(group.source, group.source_kind), nameOf(group.destination, group.destination_kind)]) {
      edges.set(name, (edges.get(name) ?? 0) + group.edges);
      if (group.finding) urgent.add(name);
    }
  }
  const order = [...edges.keys()].sort((a, b) => Number(urgent.has(b)) - Number(urgent.has(a)) || (edges.get(b) ?? 0) - (edges.get(a) ?? 0) || (a < b ? -1 : 1));
  const names = order.slice(0, MOST).sort((a, b) => Number(a === OUTSIDE) - Number(b === OUTSIDE) || (a < b ? -1 : 1));
  return { names, left: order.length - names.length };
}

const WORST = ["plaintext", "disagreement", "unknown", "tls", "application_tls", "mutual_tls"];

export function Matrix({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  const by = BY.some(([key]) => key === view.by) ? (view.by as "namespace" | "workload") : "namespace";
  const { value, error } = useAnswer<Groups>(groupsAddress(view, graph, by), "hogusu.groups/v1", `groups ${by}`);
  if (!value) return <p class="hint">{error ? `Groups: ${error}.` : "Asking for groups …"}</p>;
  const { names, left } = axis(value.groups);
  const silent = silentNames(value, by);
  const cells = new Map<string, Group[]>();
  for (const group of value.groups) {
    const key = `${nameOf(group.source, group.source_kind)}\n${nameOf(group.destination, group.destination_kind)}`;
    cells.set(key, [...(cells.get(key) ?? []), group]);
  }
  return (
    <div class="matrix-view">
      <div class="bar">
        <Choice label="Of" value={by} options={BY} set={(next) => change({ by: next })} />
        <p class="hint">Rows ask columns. A cell says how many edges there are, and what is worst about them.{left > 0 && ` ${counted(left, "other")} with fewer edges not shown; search or the table has them.`}</p>
      </div>
      <div class="scroll" tabindex={0} role="region" aria-label="Matrix">
        <table class="matrix">
          <caption>
            <Coverage of={value.completeness} />
          </caption>
          <thead>
            <tr>
              <td />
              {names.map((name) => (
                <th key={name} scope="col">
                  <span>
                    <Name text={name} most={24} />
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((source) => (
              <tr key={source}>
                <th scope="row">
                  <Name text={source} most={28} />
                </th>
                {names.map((destination) => (
                  <Cell key={destination} source={source} destination={destination} groups={cells.get(`${source}\n${destination}`)} isSilent={isIn(silent, source) || isIn(silent, destination)} view={view} by={by} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Of what proxies were silent in part of the period. */
function silentNames({ completeness }: Groups, by: "namespace" | "workload"): Set<string> {
  const labels = completeness.proxies.silent.map(({ workload }) => workload);
  return new Set(by === "workload" ? labels : labels.map((label) => label.slice(0, Math.max(label.lastIndexOf("/"), 0))));
}

/** A name may have its k8s cluster in front; a silent proxy's workload never has. */
function isIn(silent: ReadonlySet<string>, name: string): boolean {
  return silent.has(name) || silent.has(name.slice(name.indexOf("/") + 1));
}

interface CellProps {
  source: string;
  destination: string;
  groups: Group[] | undefined;
  /** Proxies of one of both were silent in part of the period. */
  isSilent: boolean;
  view: View;
  by: "namespace" | "workload";
}

function Cell({ source, destination, groups, isSilent, view, by }: CellProps): JSX.Element {
  if (!groups) return <td class="none" />;
  // Requests and connections are two groups, which are never added.
  const worst = groups.find(({ finding }) => finding) ?? (groups[0] as Group);
  const edges = groups.reduce((sum, group) => sum + group.edges, 0);
  const state = WORST.find((word) => groups.some(({ security }) => (security[word] ?? 0) > 0)) ?? "unknown";
  const look = view.mode === "mtls" ? securityLook(state) : errorLook({ failed: worst.failed, failedOf: worst.failed_of, finding: null }, isSilent);
  const words = view.mode === "mtls" ? securityWord(state) : worst.failed_of === 0 ? "no report" : worst.failed > 0 ? failures(worst.failed, worst.failed_of) : `0 / ${count(worst.failed_of)} failed${isSilent ? ", incomplete" : ""}`;
  const isPlain = groups.some(({ security }) => (security["plaintext"] ?? 0) > 0);
  const tail = by === "namespace" ? "/" : "";
  const only = (end: string): string => (end === OUTSIDE ? "" : `${end}${tail}`);
  const go = (): void => change({ show: "table", q: `from:${only(source)} to:${only(destination)}`, page: 1 });
  return (
    <td>
      <button type="button" class={`cell ${look.name}`} data-testid="cell" title={`${words}`} aria-label={`${count(edges)}${isPlain ? " PLAIN" : ""}: edges from ${shown(source)} to ${shown(destination)}, ${words}`} onClick={go}>
        {count(edges)}{" "}
        {isPlain && <span class="plain-word">PLAIN</span>}
      </button>
    </td>
  );
}
