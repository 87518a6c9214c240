// The window of time that is shown: its length, a slider over what is kept, and whether it follows now.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import type { Status } from "../api/over-time.ts";
import { clock, period, span } from "../model/format.ts";
import { seconds, type View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { Strip } from "./later.ts";
import { Icon } from "./values.tsx";
import { lengthOf, LENGTHS, slider, windowAt } from "./window.ts";

interface PeriodProps {
  view: View;
  graph: Graph | null;
  status: Status | null;
  now: number;
}

export function Period({ view, graph, status, now }: PeriodProps): JSX.Element {
  const isPinned = view.to !== null;
  const long = view.from && view.to ? (Date.parse(view.to) - Date.parse(view.from)) / 1000 : seconds(view.since);
  const oldest = status?.storage.oldest ? Date.parse(status.storage.oldest) : null;
  // How finely time is kept is the collector's to say: until it did, the slider stands still.
  const bar = slider(status ? Date.parse(status.now) : now, long, { oldest, kept: status?.resolutions ?? [] }, view.to ? Date.parse(view.to) : null);
  const move = (end: number): void => change(windowAt(Math.min(end, bar.max), bar, long));
  const shown = lengthOf(long);
  const lengths: readonly string[] = LENGTHS.some((length) => length === shown) ? LENGTHS : [...LENGTHS, shown];
  const told = graph ? (isPinned ? period(graph.from, graph.to) : `${clock(graph.from)} to ${clock(graph.to)}`) : "";
  return (
    <div class="period" role="group" aria-label="Period">
      <label>
        <span class="unseen">Length of the window</span>
        <select
          value={shown}
          data-testid="since"
          onChange={(event) => {
            const since = event.currentTarget.value;
            const end = view.to ? Date.parse(view.to) : null;
            change(end === null ? { since } : { since, ...windowAt(end, { ...bar, max: Infinity }, seconds(since)) });
          }}
        >
          {lengths.map((length) => (
            <option key={length} value={length}>{isPinned ? length : `last ${length}`}</option>
          ))}
        </select>
      </label>
      <button type="button" aria-label="Earlier" onClick={() => move(bar.value - long * 1000)}>
        <Icon name="left" />
      </button>
      <div class="slide">
        <input
          type="range"
          min={bar.min}
          max={bar.max}
          step={bar.step}
          value={bar.value}
          disabled={!status}
          data-testid="slider"
          aria-label="End of the window"
          aria-valuetext={`until ${clock(new Date(bar.value).toISOString())}, in steps of ${span(bar.step / 1000)}`}
          onChange={(event) => move(Number(event.currentTarget.value))}
        />
        {status && graph && <Strip view={view} bar={bar} long={long} edges={graph.edges.length} />}
      </div>
      <button type="button" aria-label="Later" disabled={!isPinned} onClick={() => move(bar.value + long * 1000)}>
        <Icon name="right" />
      </button>
      <span class="told" data-testid="period" title={graph ? `${period(graph.from, graph.to)}, in steps of ${graph.resolution ?? "10s"}, UTC` : ""}>
        {told}
      </span>
      {isPinned && (
        <button type="button" class="main" data-testid="go-live" onClick={() => change({ from: null, to: null })}>
          Back to live
        </button>
      )}
    </div>
  );
}
