// The edges of one workload: who asks it, whom it asks, what is found about it. They are asked for by its name, at most 200 of them.

import type { JSX } from "preact";
import { workloadAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Edge, End, MapAnswer, Report } from "../api/shapes.ts";
import { Evidence } from "../findings/Evidence.tsx";
import { count, duration, rate } from "../model/format.ts";
import { securityLook, securityWord } from "../model/looks.ts";
import { silence } from "../model/silence.ts";
import { shown } from "../model/shown.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";

export function EdgesPart({ label, graph, view, isPage }: { label: string; graph: Graph; view: View; isPage: boolean }): JSX.Element {
  const { value, error } = useAnswer<MapAnswer>(workloadAddress(label, view, graph), "hogusu.map/v1", `workload ${label}`);
  const isSilent = silence(graph.completeness);
  const edges = value?.edges ?? [];
  const [into, out] = [edges.filter((edge) => edge.destination.label === label), edges.filter((edge) => edge.source.label === label)];
  const ids = new Set(edges.map(({ id }) => id));
  const findings = (value?.findings ?? []).filter(({ edge_id: id }) => id !== null && ids.has(id));
  const own = into[0]?.destination ?? out[0]?.source;
  return (
    <>
      <p class="hint">
        <Coverage of={(value ?? graph).completeness} />
      </p>
      {error && <p class="hint">{`Its edges: ${error}.`}</p>}
      {!value && !error && <p class="hint">Asking for its edges …</p>}
      <Evidence findings={findings} to={({ edge_id: edge }) => ({ edge, ...(isPage ? { view: "edge" as const } : {}) })} />
      {value && <Edges title="Sources" edges={into} other={(edge) => edge.source} isSilent={isSilent} isPage={isPage} />}
      {value && <Edges title="Destinations" edges={out} other={(edge) => edge.destination} isSilent={isSilent} isPage={isPage} />}
      {value?.next_cursor && <p class="hint">{`The ${count(edges.length)} worst of ${count(value.totals.edges)} edges; the table has all.`}</p>}
      {own && <About end={own} />}
    </>
  );
}

/** The report that counts: the source's where it has one, as the collector takes it too. */
const main = (edge: Edge): Report | null => edge.source_report ?? edge.destination_report;

interface EdgesProps {
  title: string;
  edges: readonly Edge[];
  other: (edge: Edge) => End;
  /** Whether a proxy of an end was silent in part of the period. */
  isSilent: (end: End) => boolean;
  isPage: boolean;
}

function Edges({ title, edges, other, isSilent, isPage }: EdgesProps): JSX.Element {
  return (
    <section>
      <h3>{`${title} (${count(edges.length)})`}</h3>
      {edges.length === 0 ? (
        <p class="hint">None in this period.</p>
      ) : (
        <div class="scroll" tabindex={0} role="region" aria-label={title}>
          <table class="list">
            <thead>
              <tr>
                <th scope="col">{title.slice(0, -1)}</th>
                <th scope="col" class="number">Per second</th>
                <th scope="col" class="number">Failed</th>
                <th scope="col" class="number">P99</th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => {
                const report = main(edge);
                return (
                  <tr key={edge.id}>
                    <th scope="row">
                      <Go to={{ edge: edge.id, ...(isPage ? { view: "edge" as const } : {}) }}>
                        <Name text={other(edge).label} most={isPage ? 60 : 26} />
                      </Go>
                      <span class="secured">
                        <span class={`mark ${securityLook(edge.security.state).name}`} aria-hidden="true" />
                        {`${edge.protocol}, ${securityWord(edge.security.state)}`}
                      </span>
                    </th>
                    <td class="number">{report ? rate(report.rate_per_s) : <span class="unknown">no report</span>}</td>
                    <td class="number">
                      {report ? <Share part={report.failed} of={report.failed_of} /> : "–"}
                      {isSilent(other(edge)) && <span class="unknown"> incomplete</span>}
                    </td>
                    <td class="number">{edge.measure === "connections" ? "–" : duration(report?.p99_s)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function About({ end }: { end: End }): JSX.Element {
  const lines: [string, string][] = [
    ["k8s cluster", end.cluster],
    ["service account", end.service_account ?? ""],
    ["ids", (end.principals ?? []).join(" ")],
    ["service", end.canonical_service ?? ""],
    ["revisions", end.canonical_revision ?? ""],
    ["zones", (end.zones ?? []).join(", ")],
    ["named by", (end.named_by ?? []).map((how) => how.replaceAll("_", " ")).join(", ")],
  ];
  return (
    <section>
      <h3>About it</h3>
      <table class="facts">
        <tbody>
          {lines.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value ? shown(value) : <span class="unknown">unknown</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
