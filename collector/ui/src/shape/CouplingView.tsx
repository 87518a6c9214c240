// What to decouple first: links on which somebody waits, ranked by the collector, each with its reason and its numbers; and what else
// couples the mesh.

import type { JSX } from "preact";
import { couplingAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Coupling, Link } from "../api/shape.ts";
import { count, counted } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import { spaced } from "../model/words.ts";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";
import { Head } from "./Head.tsx";
import { Others } from "./Others.tsx";
import { onMap } from "./on-map.ts";

const MOST = 100;
/** What a score is made of, in the order of docs/topology.md. */
const VALUES = ["reach", "failures", "waiting", "depth", "fan_in", "cycle", "cut_off", "chatty"] as const;

export function CouplingView({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  const answer = useAnswer<Coupling>(couplingAddress(view, graph, MOST), "hogusu.coupling/v1", "coupling");
  const { value } = answer;
  return (
    <section class="page coupling">
      <Head title="What to decouple first" asking="Asking for the ranked list …" answer={answer} view={view} />
      {value && value.links.length === 0 && <p data-testid="none">No link on which anybody waits was seen in this period. What was not covered is unknown.</p>}
      {value && value.links.length > 0 && <Ranked of={value} graph={graph} />}
      {value && <Others of={value} graph={graph} />}
    </section>
  );
}

function Ranked({ of, graph }: { of: Coupling; graph: Graph }): JSX.Element {
  const weights = VALUES.map((name) => `${spaced(name)} ${of.weights[name] ?? 0}`).join(", ");
  return (
    <>
      <p class="hint">
        {`The score is the weighted mean of eight values, each from 0 to 1; weights: ${weights}. They are a judgement, and say nothing of what decoupling costs; others: `}
        <code>hogusu coupling --weights failures=5,depth=0</code>
      </p>
      <div class="scroll" tabindex={0} role="region" aria-label="Links, the first to decouple first">
        <table class="edges ranked">
          <caption>{`${of.links.length < of.links_in_all ? `The first ${count(of.links.length)} of ` : ""}${counted(of.links_in_all, "link")} on which somebody waits, the first to decouple first.`}</caption>
          <thead>
            <tr>
              <th scope="col" class="number">#</th>
              <th scope="col">Link and reason</th>
              <th scope="col" class="number">Score</th>
              <th scope="col" class="number">Failed</th>
              <th scope="col" class="number">Calls for one</th>
              <th scope="col" class="number">Chain</th>
              <th scope="col" class="number">Who wait</th>
              <th scope="col" class="number">Cut off</th>
              <th scope="col">Values</th>
            </tr>
          </thead>
          <tbody>
            {of.links.map((link, i) => (
              <Row key={`${link.source} ${link.destination}`} link={link} rank={i + 1} graph={graph} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ link, rank, graph }: { link: Link; rank: number; graph: Graph }): JSX.Element {
  const { source, destination, values } = link;
  return (
    <tr data-testid="link" data-source={source} data-destination={destination}>
      <td class="number">{count(rank)}</td>
      <th scope="row">
        <Go to={onMap(graph, source, destination)} title="On the map">
          <Name text={source} most={40} /> <span class="arrow" aria-label="asks">→</span> <Name text={destination} most={40} />
        </Go>
        <span class="reason">{shown(link.reason)}</span>
      </th>
      <td class="number strong">{link.score.toFixed(2)}</td>
      <td class="number">
        <Share part={link.failed} of={link.failed_of} />
      </td>
      <td class="number">{link.calls_per_request === null ? <span class="unknown">unknown</span> : link.calls_per_request.toFixed(2)}</td>
      <td class="number">{count(link.chain)}</td>
      <td class="number">{count(link.sources)}</td>
      <td class="number">{count(link.cut_off)}</td>
      <td class="values">{VALUES.map((name) => `${spaced(name)} ${written(values[name])}`).join(" · ")}</td>
    </tr>
  );
}

/** `?` of what is not known, which counts as nothing. */
function written(value: number | null | undefined): string {
  return typeof value === "number" ? value.toFixed(2) : "?";
}
