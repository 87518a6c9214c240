// Every finding with what it means and the next command; those of one kind alone where that is asked for.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import type { Finding } from "../api/shapes.ts";
import { count, counted } from "../model/format.ts";
import { unlisted } from "../model/listed.ts";
import { kindOf } from "../model/words.ts";
import { shown } from "../model/shown.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go } from "../shell/values.tsx";
import type { View } from "../state/address.ts";

export function FindingsView({ graph, findings: told, view }: { graph: Graph; findings: readonly Finding[] | null; view: View }): JSX.Element {
  const findings = told ?? [];
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  const beyond = unlisted(findings, graph.edges);
  const listed = view.kind ? findings.filter(({ kind }) => kind === view.kind) : findings;
  return (
    <section class="page findings-page">
      <h2>{!told ? "Findings: asking for them …" : beyond > 0 ? `Findings, the worst ${count(findings.length)}` : `Findings, worst first (${count(findings.length)})`}</h2>
      <p class="hint">
        <Coverage of={graph.completeness} />
      </p>
      {beyond > 0 && (
        <p class="notice" data-testid="cut">
          {`${count(findings.length)} are listed, and counted below. ${counted(beyond, "further edge")} ${beyond === 1 ? "has" : "have"} findings that are not: `}
          <Go to={{ view: "map", show: "table", sort: "finding", edge: null, workload: null }}>the table, by finding</Go>, has all edges; a namespace makes the list shorter.
        </p>
      )}
      <nav class="kinds" aria-label="Kinds of findings">
        <Go to={{ kind: "" }} aria-current={view.kind === "" ? "page" : undefined}>{`all ${count(findings.length)}${beyond > 0 ? " listed" : ""}`}</Go>
        {kinds.map((kind) => (
          <Go key={kind} to={{ kind }} aria-current={view.kind === kind ? "page" : undefined}>
            {`${kindOf(kind).name} ${count(findings.filter((finding) => finding.kind === kind).length)}`}
          </Go>
        ))}
      </nav>
      {told?.length === 0 && <p>None in this period, as far as it was covered. What was not covered is unknown.</p>}
      <ol class="cards">
        {listed.map((finding) => {
          const kind = kindOf(finding.kind);
          return (
            <li key={`${finding.kind} ${finding.edge_id} ${finding.text}`} class={`card ${kind.level}`}>
              <p class="kind">
                <span class={`dot ${kind.level}`} aria-hidden="true" /> {kind.name}
              </p>
              <p class="text">{shown(finding.text)}</p>
              <p class="hint">{kind.meaning}</p>
              <p class="links">
                {finding.edge_id && <Go to={{ view: "edge", edge: finding.edge_id }}>Edge</Go>}
                {finding.edge_id && <Go to={{ view: "map", show: "lanes", edge: finding.edge_id, workload: null }}>On the map</Go>}
                <code class="next">{kind.next.replace("{id}", finding.edge_id ?? "EDGE")}</code>
              </p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
