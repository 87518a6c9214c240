// One edge, whole: beside the map as a panel, or as a page of its own with its course over time.

import type { JSX } from "preact";
import { edgeAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Edge, EdgeAnswer, End } from "../api/shapes.ts";
import { Evidence } from "../findings/Evidence.tsx";
import { isOf } from "../model/silence.ts";
import { shown, word } from "../model/shown.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go, Icon, Name } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { status } from "../state/store.ts";
import { useAnswer, useValue } from "../state/use.ts";
import { Outcomes, Reports } from "./Reports.tsx";
import { Ends, Operations, Security, Traces } from "./Security.tsx";
import { Strips } from "./Strips.tsx";

export function EdgeView({ id, graph, view, isPage }: { id: string; graph: Graph; view: View; isPage: boolean }): JSX.Element {
  const { value, error } = useAnswer<EdgeAnswer>(edgeAddress(id, view, graph), "hogusu.edge/v1", `edge ${id}`);
  const template = useValue(status)?.trace_url ?? null;
  if (!value) {
    return (
      <article class="edge" data-edge-id={id}>
        {!isPage && <PanelHead title="Edge" />}
        <p class="hint">{error ? `This edge: ${error}. It may have had no exchanges in this period.` : "Asking for the edge …"}</p>
      </article>
    );
  }
  const { edge, findings } = value;
  return (
    <article class="edge" data-edge-id={id}>
      <header>
        {!isPage && <PanelHead title="Edge" />}
        <h2>
          <Title edge={edge} />
        </h2>
        <p class="about">
          <span class="tag">{edge.protocol}</span>
          {edge.destination.services?.map((service) => (
            <span key={service} class="soft">{`asked as ${word(shown(service))}`}</span>
          ))}
        </p>
        {!isPage && (
          <p class="links">
            <Go to={{ view: "edge" }}>Whole page</Go>
            <Go to={{ around: edge.source.label, at: null }}>Surroundings</Go>
          </p>
        )}
        <p class="hint">
          <Coverage of={value.completeness} />
        </p>
        {value.completeness.proxies.silent
          .filter(({ workload }) => isOf(edge.source, workload) || isOf(edge.destination, workload))
          .map(({ proxy, workload, since }) => (
            <p key={proxy} class="notice">{`A proxy of ${shown(workload)} ${since ? `is silent since ${since}` : "was expected and not seen"}: what is counted here is incomplete.`}</p>
          ))}
      </header>
      <Evidence findings={findings} />
      <div class="sections">
        <Reports edge={edge} />
        <Outcomes edge={edge} />
        {isPage && <Strips id={id} view={view} period={graph} measure={edge.measure} />}
        <Security edge={edge} />
        <Traces edge={edge} template={template} />
        <Operations edge={edge} />
        <Ends edge={edge} />
      </div>
    </article>
  );
}

function Title({ edge }: { edge: Edge }): JSX.Element {
  const { source, destination } = edge;
  const port = destination.kind === "workload" && destination.port ? `:${destination.port}` : "";
  return (
    <>
      <EndLink end={source} /> <span class="arrow" aria-label="asks">→</span> <EndLink end={destination} />
      {port}
    </>
  );
}

function EndLink({ end }: { end: End }): JSX.Element {
  if (end.kind !== "workload") return <Name text={end.label} />;
  return (
    <Go to={{ workload: end.label, edge: null }}>
      <Name text={end.label} />
    </Go>
  );
}

export function PanelHead({ title }: { title: string }): JSX.Element {
  return (
    <div class="panel-head">
      <span class="soft">{title}</span>
      <Go to={{ edge: null, workload: null, part: "" }} class="close" aria-label="Close" data-testid="close-panel">
        <Icon name="close" />
      </Go>
    </div>
  );
}
