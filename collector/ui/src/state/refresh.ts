// Asking for what is shown: one question in flight, the newest wins, findings behind the graph. When to ask is said by `live/`.

import { batch } from "@preact/signals-core";
import { graphAddress, findingsAddress, STATUS } from "../api/addresses.ts";
import { ask } from "../api/ask.ts";
import { GRAPH, readGraph } from "../api/graph.ts";
import type { Status } from "../api/over-time.ts";
import type { MapAnswer } from "../api/shapes.ts";
import { answered, findings, graph, status, trouble, view } from "./store.ts";

let asking: AbortController | null = null;

export async function refresh(): Promise<void> {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const wanted = view.peek();
  try {
    const newest = readGraph(await ask(graphAddress(wanted), GRAPH, mine.signal));
    batch(() => {
      graph.value = newest;
      answered.value = Date.now();
    });
    const told = (await ask(findingsAddress(wanted, newest), "hogusu.map/v1", mine.signal)) as MapAnswer;
    findings.value = told.findings;
    status.value = (await ask(STATUS, "hogusu.status/v1", mine.signal)) as Status;
    // Only now everything was answered: a part that fails each time would make the trouble begin anew each time.
    trouble.value = null;
  } catch (error) {
    if (mine.signal.aborted) return;
    const text = error instanceof Error ? error.message : String(error);
    trouble.value = { text, since: trouble.peek()?.since ?? Date.now() };
  } finally {
    if (asking === mine) asking = null;
  }
}

export function isAsking(): boolean {
  return asking !== null;
}
