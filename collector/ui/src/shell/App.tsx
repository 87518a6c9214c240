// The page: its head, the view that the address names, and what is said when nobody answers.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { way } from "../live/live.ts";
import { MapView } from "../map/MapView.tsx";
import { listedCount } from "../model/listed.ts";
import { shown } from "../model/shown.ts";
import { answered, findings, graph, status, trouble, view } from "../state/store.ts";
import { useValue } from "../state/use.ts";
import type { Graph } from "../api/graph.ts";
import type { Finding } from "../api/shapes.ts";
import type { View } from "../state/address.ts";
import { Announcer } from "./Announcer.tsx";
import { CoverageBar } from "./Coverage.tsx";
import { Filters } from "./Filters.tsx";
import { Help } from "./Help.tsx";
import { CompareView, ComplianceView, CouplingView, EdgeView, EntriesView, fetchDetails, FindingsView, WorkloadView } from "./later.ts";
import { listen } from "./keys.ts";
import { Live, TroubleBar } from "./Live.tsx";
import { Period } from "./Period.tsx";
import { Search } from "./Search.tsx";
import { Tools } from "./Tools.tsx";
import { Go, Icon } from "./values.tsx";

export function App(): JSX.Element {
  const [now, told] = [useValue(view), useValue(graph)];
  const [list, wrong] = [useValue(findings), useValue(trouble)];
  const [by, about, since] = [useValue(way), useValue(status), useValue(answered)];
  const clock = useClock();
  const help = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    listen(() => help.current?.showModal());
  }, []);
  // The next click should wait for nothing; what is looked at comes first.
  useEffect(() => {
    if (told) fetchDetails();
  }, [told !== null]);
  useEffect(() => {
    document.title = titleOf(now, told);
  }, [now, told]);
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <h1 class="brand">hogusu</h1>
        <nav aria-label="Views">
          <Tab to={{ view: "map" }} isHere={now.view === "map" || now.view === "edge" || now.view === "workload"} words="Map" />
          <Tab to={{ view: "findings", kind: "" }} isHere={now.view === "findings"} words={list ? `Findings ${listedCount(list, told?.edges ?? [])}` : "Findings"} />
          <Tab to={{ view: "compare", edge: null, workload: null }} isHere={now.view === "compare"} words="Compare" />
          <Tab to={{ view: "coupling" }} isHere={now.view === "coupling"} words="Coupling" />
          <Tab to={{ view: "entries" }} isHere={now.view === "entries"} words="Entry points" />
          <Tab to={{ view: "compliance" }} isHere={now.view === "compliance"} words="Compliance" />
        </nav>
        {told?.mesh && <span class="mesh">{`mesh ${shown(told.mesh)}`}</span>}
        <Search graph={told} view={now} />
        <Live view={now} way={by} trouble={wrong} answered={since} now={clock} />
        <button type="button" class="bare" aria-label="Keys" onClick={() => help.current?.showModal()}>
          <Icon name="help" />
        </button>
      </header>
      {now.view !== "compare" && (
        <section class="context" aria-label="Period and coverage">
          <Period view={now} graph={told} status={about} now={clock} />
          <Filters view={now} graph={told} />
          <Tools view={now} graph={told} />
          {told && <CoverageBar of={told.completeness} />}
        </section>
      )}
      {now.view === "compare" && (
        <section class="context" aria-label="What is compared">
          <Tools view={now} graph={null} />
        </section>
      )}
      {wrong && <TroubleBar trouble={wrong} graph={told} now={clock} />}
      <main id="main" class={wrong && told ? "stale" : ""} tabindex={-1}>
        {told ? <Shown graph={told} findings={list} view={now} /> : !wrong && <p class="hint waiting">Asking the collector …</p>}
      </main>
      <Announcer findings={list} />
      <Help dialog={help} version={about?.version ?? null} />
    </>
  );
}

function Tab({ to, isHere, words }: { to: Partial<View>; isHere: boolean; words: string }): JSX.Element {
  return (
    <Go to={to} aria-current={isHere ? "page" : undefined}>
      {words}
    </Go>
  );
}

function Shown({ graph: told, findings: list, view: now }: { graph: Graph; findings: readonly Finding[] | null; view: View }): JSX.Element {
  if (now.view === "findings") return <FindingsView graph={told} findings={list} view={now} />;
  if (now.view === "compare") return <CompareView view={now} />;
  if (now.view === "coupling") return <CouplingView graph={told} view={now} />;
  if (now.view === "entries") return <EntriesView graph={told} view={now} />;
  if (now.view === "compliance") return <ComplianceView graph={told} view={now} />;
  if (now.view === "edge" && now.edge) return <Page><EdgeView id={now.edge} graph={told} view={now} isPage /></Page>;
  if (now.view === "workload" && now.workload) return <Page><WorkloadView label={now.workload} graph={told} view={now} isPage /></Page>;
  return <MapView graph={told} findings={list} view={now} />;
}

function Page({ children }: { children: JSX.Element }): JSX.Element {
  return (
    <div class="page">
      <p class="back">
        <Go to={{ view: "map" }}>
          <Icon name="left" /> Map
        </Go>
      </p>
      {children}
    </div>
  );
}

function titleOf({ view: place, workload }: View, told: Graph | null): string {
  const what = place === "workload" && workload ? shown(workload) : place === "entries" ? "entry points" : place;
  return `${what}${told?.mesh ? ` · ${shown(told.mesh)}` : ""} · Hogusu`;
}

/** The page's clock, each five seconds: only ages are read off it. */
function useClock(): number {
  const [time, tell] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tell(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  return time;
}
