// One workload: its edges, what breaks if it dies, or what it waits for; beside the map as a panel, or as a page of its own.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import { PanelHead } from "../edge/EdgeView.tsx";
import { count } from "../model/format.ts";
import { isOf } from "../model/silence.ts";
import { shown } from "../model/shown.ts";
import { Go, Name } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { CallsPart } from "./CallsPart.tsx";
import { EdgesPart } from "./EdgesPart.tsx";
import { ImpactPart } from "./ImpactPart.tsx";

const PARTS = [["", "Edges"], ["impact", "What breaks if it dies"], ["calls", "What it waits for"]] as const;

export function WorkloadView({ label, graph, view, isPage }: { label: string; graph: Graph; view: View; isPage: boolean }): JSX.Element {
  const node = graph.nodes.find((other) => other.label === label);
  const isWorkload = node?.kind !== "service" && node?.kind !== "address" && node?.kind !== "unknown" && node?.kind !== "overflow";
  const silent = graph.completeness.proxies.silent.filter(({ workload }) => (node ? isOf(node, workload) : workload === label));
  return (
    <article class="workload" data-workload={label}>
      <header>
        {!isPage && <PanelHead title={node && node.kind !== "workload" ? node.kind : "Workload"} />}
        <h2>
          <Name text={label} />
        </h2>
        <p class="links">
          {isPage ? <Go to={{ view: "map", show: "lanes" }}>On the map</Go> : <Go to={{ view: "workload" }}>Whole page</Go>}
          <Go to={{ view: "map", show: "lanes", around: label, depth: 1, at: null }}>Surroundings</Go>
          {isPage && <Go to={{ view: "map", show: "table", q: label, workload: null }}>In the table</Go>}
        </p>
        {isWorkload && (
          <nav class="kinds parts-of" aria-label="What is told of it">
            {PARTS.map(([part, words]) => (
              <Go key={part} to={{ part }} aria-current={view.part === part ? "page" : undefined} data-testid={`part-${part || "edges"}`}>
                {words}
              </Go>
            ))}
          </nav>
        )}
        {silent.map(({ proxy, since }) => (
          <p key={proxy} class="notice">{since ? `Proxy ${shown(proxy)} silent since ${since}` : `A proxy of it was expected and not seen${proxy ? `: ${shown(proxy)}` : ""}`}</p>
        ))}
      </header>
      {!isWorkload && <OutsideEdges label={label} graph={graph} />}
      {isWorkload && view.part === "" && <EdgesPart label={label} graph={graph} view={view} isPage={isPage} />}
      {isWorkload && view.part === "impact" && <ImpactPart label={label} graph={graph} view={view} />}
      {isWorkload && view.part === "calls" && <CallsPart label={label} graph={graph} view={view} />}
    </article>
  );
}

/** Services and addresses have no page of the collector's: what the graph knows of them. */
function OutsideEdges({ label, graph }: { label: string; graph: Graph }): JSX.Element {
  const edges = graph.edges.filter(({ source, destination }) => source.label === label || destination.label === label);
  return (
    <section>
      <h3>{`Edges (${count(edges.length)})`}</h3>
      <ul class="plain">
        {edges.map((edge) => (
          <li key={edge.id}>
            <Go to={{ edge: edge.id }}>
              <Name text={edge.source.label} /> → <Name text={edge.destination.label} />
            </Go>
          </li>
        ))}
      </ul>
    </section>
  );
}
