// Whether the page follows now, by which way, and how far behind; and what is wrong when it does not.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import { clock, span } from "../model/format.ts";
import { freshFor } from "../live/live.ts";
import { POLL, type Way } from "../live/stream.ts";
import { seconds, type View } from "../state/address.ts";
import type { Trouble } from "../state/store.ts";
import { refresh } from "../state/refresh.ts";

interface LiveProps {
  view: View;
  way: Way | null;
  trouble: Trouble | null;
  /** When the graph was answered, and now; milliseconds. */
  answered: number;
  now: number;
}

export function Live({ view, way, trouble, answered, now }: LiveProps): JSX.Element {
  if (trouble) return <span class="live stale" data-testid="live">not answered</span>;
  if (view.to !== null) return <span class="live pinned" data-testid="live">pinned</span>;
  if (way === null) return <span class="live" data-testid="live">connecting</span>;
  const age = answered > 0 ? Math.max(Math.round((now - answered) / 1000), 0) : 0;
  const every = span(Math.max(freshFor(seconds(view.since)), POLL) / 1000);
  const words = way === "polling" ? `polling every ${every}` : "live";
  return (
    <span class={`live ${way}`} data-testid="live" title={way === "polling" ? `The stream of events is not open: the page asks every ${every}` : "New slots are told by the collector"}>
      {age > 15 ? `${words}, ${span(age)} old` : words}
    </span>
  );
}

export function TroubleBar({ trouble, graph, now }: { trouble: Trouble; graph: Graph | null; now: number }): JSX.Element {
  const age = span(Math.max(Math.round((now - trouble.since) / 1000), 0));
  return (
    <div class="banner" role="alert" data-testid="banner">
      <span>
        <b>{`${trouble.text}.`}</b> {graph ? `What is shown is of ${clock(graph.from)} to ${clock(graph.to)}; no answer for ${age}.` : "Nothing is shown, since nothing was answered yet."}
      </span>
      <code>hogusu check</code>
      <button type="button" onClick={() => void refresh()}>
        Ask again
      </button>
    </div>
  );
}
