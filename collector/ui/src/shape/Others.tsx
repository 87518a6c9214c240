// What else couples the mesh: single points of failure, cycles, bottlenecks, chatty and retried links. Lists that are cut say so.

import type { ComponentChildren, JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import type { Coupling } from "../api/shape.ts";
import { count, counted } from "../model/format.ts";
import { Go, Name } from "../shell/values.tsx";
import { onMap } from "./on-map.ts";

const MOST = 20;

export function Others({ of, graph }: { of: Coupling; graph: Graph }): JSX.Element {
  const link = (source: string, destination: string): JSX.Element => (
    <Go to={onMap(graph, source, destination)}>
      <Name text={source} most={40} /> <span class="arrow" aria-label="asks">→</span> <Name text={destination} most={40} />
    </Go>
  );
  return (
    <div class="sections card">
      <List title="Single points of failure" none="None was seen." all={of.single_points_in_all} lines={of.single_points.map((point) => [point.workload, <Dying key="" label={point.workload} />, `all observed ways of ${counted(point.entries, "entry point")} with ${counted(point.requests, "request")} pass it; ${counted(point.cut_off, "workload")} reached only through it`])} />
      <List title="Bottlenecks" none="No workload that several wait for was seen." all={of.bottlenecks_in_all} lines={of.bottlenecks.map((one) => [one.workload, <Dying key="" label={one.workload} />, `${counted(one.sources, "workload")} wait for it (${one.effective_sources.toFixed(1)} by traffic), ${counted(one.requests, "request")}`])} />
      <List title="Cycles" none="No circle in which workloads wait for each other was seen." all={of.cycles_in_all} lines={of.cycles.map((cycle) => [cycle.members.join(" "), link(cycle.thinnest_source, cycle.thinnest_destination), `is the thinnest link of a circle of ${counted(cycle.members_in_all, "workload")}, ${counted(cycle.requests, "request")} between them`])} />
      <List title="Chatty links" none="None with three calls or more for one request." all={of.chatty_in_all} lines={of.chatty.map((one) => [`${one.source} ${one.destination}`, link(one.source, one.destination), `${one.calls_per_request.toFixed(1)} calls for one request of its source`])} />
      <List title="Retried links" none="No attempts beyond the first were measured." all={of.retried_in_all} lines={of.retried.map((one) => [`${one.source} ${one.destination}`, link(one.source, one.destination), `${counted(one.attempts, "attempt")} for ${counted(one.requests, "request")}`])} />
    </div>
  );
}

/** To what breaks with it, on the map. */
function Dying({ label }: { label: string }): JSX.Element {
  return (
    <Go to={{ view: "map", show: "lanes", workload: label, edge: null, part: "impact" }} title="What breaks if it dies, on the map">
      <Name text={label} most={50} />
    </Go>
  );
}

interface ListProps {
  title: string;
  none: string;
  all: number;
  lines: readonly (readonly [string, ComponentChildren, string])[];
}

function List({ title, none, all, lines }: ListProps): JSX.Element {
  const listed = lines.slice(0, MOST);
  return (
    <section>
      <h3>{`${title} (${count(all)})`}</h3>
      {all === 0 && <p class="hint">{none}</p>}
      <ul class="plain">
        {listed.map(([key, what, words]) => (
          <li key={key}>
            {what} <span class="soft">{words}</span>
          </li>
        ))}
      </ul>
      {all > listed.length && <p class="hint">{`${count(all - listed.length)} more: hogusu coupling --format json has them.`}</p>}
    </section>
  );
}
