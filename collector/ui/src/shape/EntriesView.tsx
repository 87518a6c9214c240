// Where traffic comes into the mesh: how deep each entry point waits, on how many, where its time is, how available it can be.

import type { JSX } from "preact";
import { entriesAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Entries, Entry } from "../api/shape.ts";
import { count, counted } from "../model/format.ts";
import { availabilityWords, depthWords, ownTime } from "../model/shares.ts";
import { spaced } from "../model/words.ts";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";
import { Head } from "./Head.tsx";

export function EntriesView({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  const answer = useAnswer<Entries>(entriesAddress(view, graph, null), "hogusu.entries/v1", "entries");
  const { value } = answer;
  return (
    <section class="page">
      <Head title="Where traffic comes in" asking="Asking for entry points …" answer={answer} view={view} />
      {value && value.entries.length === 0 && <p data-testid="none">No entry point was seen in this period. What was not covered is unknown.</p>}
      {value && value.entries.length > 0 && <Table of={value} />}
    </section>
  );
}

function Table({ of }: { of: Entries }): JSX.Element {
  return (
    <>
      <p class="hint">Own time is inferred: from one call after the other to all at once, of the mean with what is waited for. "Can be available" is what its dependencies leave, from 0 to 1: if they fail independently, to if all failures meet the same requests.</p>
      <div class="scroll" tabindex={0} role="region" aria-label="Entry points">
        <table class="edges loose">
          <caption>{`${of.entries.length < of.entries_in_all ? `The busiest ${count(of.entries.length)} of ` : ""}${counted(of.entries_in_all, "entry point")}, the busiest first.`}</caption>
          <thead>
            <tr>
              <th scope="col">Entry point</th>
              <th scope="col">Why</th>
              <th scope="col" class="number">Traffic</th>
              <th scope="col" class="number">Failed</th>
              <th scope="col">Depth</th>
              <th scope="col" class="number">Waits for, hard</th>
              <th scope="col" class="number">Own time</th>
              <th scope="col">Can be available</th>
            </tr>
          </thead>
          <tbody>
            {of.entries.map((entry) => (
              <Row key={entry.workload} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ entry }: { entry: Entry }): JSX.Element {
  return (
    <tr data-testid="entry" data-workload={entry.workload}>
      <th scope="row">
        <Go to={{ view: "workload", workload: entry.workload, edge: null, part: "calls" }}>
          <Name text={entry.workload} most={44} />
        </Go>
      </th>
      <td>{spaced(entry.why)}</td>
      <td class="number">
        {count(entry.requests)} <span class="of">{entry.measure === "calls_made" ? "made" : "received"}</span>
      </td>
      <td class="number">{entry.failed_of > 0 ? <Share part={entry.failed} of={entry.failed_of} /> : <span class="unknown">unknown</span>}</td>
      <td>{depthWords(entry)}</td>
      <td class="number">{`${count(entry.dependencies)}, ${count(entry.hard_dependencies)}`}</td>
      <td class="number">{ownTime(entry.own_time)}</td>
      <td>{availabilityWords(entry.availability)}</td>
    </tr>
  );
}
