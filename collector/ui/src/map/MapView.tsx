// The map's three shows with the findings beside them and a panel for what is chosen.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Graph } from "../api/graph.ts";
import type { Finding } from "../api/shapes.ts";
import { counted } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import { EdgeView, Matrix, WorkloadView } from "../shell/later.ts";
import { Choice, Go } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { change, impact } from "../state/store.ts";
import { useValue } from "../state/use.ts";
import { EdgeTable } from "../table/EdgeTable.tsx";
import { emptyText } from "./empty.ts";
import { FindingsList } from "./FindingsList.tsx";
import { Lanes } from "./Lanes.tsx";
import { Legend } from "./Legend.tsx";
import { linesOf } from "./lines.ts";
import { NewOnes } from "./NewOnes.tsx";
import { current, laidAnew } from "./picture.ts";
import { struck } from "./struck.ts";

const SHOWS = [["lanes", "Lanes"], ["matrix", "Matrix"], ["table", "Table"]] as const;
const MODES = [["errors", "Errors"], ["mtls", "mTLS"]] as const;

export function MapView({ graph, findings, view }: { graph: Graph; findings: readonly Finding[] | null; view: View }): JSX.Element {
  const empty = graph.edges.length === 0 && graph.completeness.proxies.silent.length === 0 ? emptyText(graph, view) : null;
  const isPanel = view.edge !== null || view.workload !== null;
  return (
    <div class={`map-view${isPanel ? " with-panel" : ""}`}>
      <FindingsList findings={findings} edges={graph.edges} view={view} />
      <div class="centre">
        <div class="bar">
          <Choice label="Colour" value={view.mode} options={MODES} set={(mode) => change({ mode })} />
          <Choice label="Show" value={view.show} options={SHOWS} set={(show) => change({ show })} />
          <Narrowed view={view} />
        </div>
        {empty ? <Empty text={empty} /> : view.show === "table" ? <EdgeTable graph={graph} view={view} /> : view.show === "matrix" ? <Matrix graph={graph} view={view} /> : <Picture graph={graph} view={view} />}
      </div>
      {isPanel && (
        <aside class="panel" data-testid="panel" aria-label={view.edge ? "Edge" : "Workload"}>
          {view.edge ? <EdgeView id={view.edge} graph={graph} view={view} isPage={false} /> : <WorkloadView label={view.workload ?? ""} graph={graph} view={view} isPage={false} />}
        </aside>
      )}
    </div>
  );
}

function Picture({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  useValue(laidAnew);
  const edge = view.edge ? graph.edges.find(({ id }) => id === view.edge) : undefined;
  const chosen = [edge?.source.label, edge?.destination.label, view.workload ?? undefined].filter((label) => label !== undefined);
  const now = current(graph, view, chosen);
  const { picture, field } = now;
  const told = useValue(impact);
  const isDying = view.part === "impact" && view.workload !== null && view.edge === null;
  const hit = useMemo(
    () => (isDying && view.workload ? struck(view.workload, field.into, field.out, told?.workload === view.workload ? told : null) : null),
    [field, isDying, view.workload, told],
  );
  const lines = useMemo(
    () =>
      linesOf(view.around ? field.edges.filter((e) => picture.of.has(e.source.label) && picture.of.has(e.destination.label)) : graph.edges, {
        box: (label) => picture.of.get(label) ?? null,
        isSilent: (label) => field.ends.get(label)?.isSilent ?? false,
        mode: view.mode,
        seconds: graph.seconds,
        isChosen: (id) => id === view.edge || (hit?.ways.has(id) ?? false),
      }),
    [graph, picture, view.mode, view.edge, view.around, hit],
  );
  const hasSilent = [...field.ends.values()].some(({ isSilent }) => isSilent);
  const notes = [
    lines.left > 0 && `${counted(lines.left, "edge")} not drawn, the worst are; the table lists all.`,
    lines.inside > 0 && `${counted(lines.inside, "edge")} inside folded boxes.`,
    picture.cut > 0 && `${counted(picture.cut, "neighbour")} not drawn: 8 a side are, the worst.`,
  ].filter((note) => note !== false);
  return (
    <>
      <Lanes graph={graph} view={view} current={now} lines={lines} hit={hit} />
      <div class="foot">
        <NewOnes fresh={now.fresh} gone={now.gone.size} graph={graph} view={view} />
        {notes.map((note) => (
          <p key={note} class="hint" data-testid="rest">{note}</p>
        ))}
        <Legend mode={view.mode} graph={graph} hasSilent={hasSilent} />
      </div>
    </>
  );
}

/** What narrows the picture, each with its way out. */
function Narrowed({ view }: { view: View }): JSX.Element {
  const asked = (["namespace", "protocol", "security"] as const).filter((name) => view[name] !== "");
  return (
    <div class="narrowed">
      {view.around && (
        <span class="chip">
          {`around ${shown(view.around)}, `}
          <Go to={{ depth: (view.depth % 3) + 1, at: null }} title="Another depth">{`${view.depth} step${view.depth === 1 ? "" : "s"}`}</Go>
          <Go to={{ around: null, depth: 1, at: null }} aria-label="The whole map">×</Go>
        </span>
      )}
      {asked.map((name) => (
        <span key={name} class="chip">
          {`${name} ${shown(view[name])} `}
          <Go to={{ [name]: "", at: null }} aria-label={`Without ${name}`}>×</Go>
        </span>
      ))}
      {view.q && (
        <span class="chip">
          {`search ${shown(view.q)} `}
          <Go to={{ q: "", page: 1 }} aria-label="Without the search">×</Go>
        </span>
      )}
      {view.lanes.map((lane) => (
        <span key={lane} class="chip">
          {`${shown(lane.slice(1))} ${lane.startsWith("+") ? "opened" : "folded"} `}
          <Go to={{ lanes: view.lanes.filter((other) => other !== lane), at: null }} aria-label={lane.startsWith("+") ? "Fold it again" : "Open it again"}>×</Go>
        </span>
      ))}
    </div>
  );
}

function Empty({ text }: { text: { said: string; next: string } }): JSX.Element {
  return (
    <div class="empty" data-testid="empty">
      <p>{text.said}</p>
      <code class="next">{text.next}</code>
    </div>
  );
}
