// The stream of newest slots, and what to do without: after three failures in a row the page asks every 10 s, and tries the stream
// again once a minute. Knows neither tabs nor what is asked.

import { EVENTS } from "../api/addresses.ts";

export type Way = "events" | "polling";

export interface Told {
  /** A slot began, or is to be asked for. */
  tick: () => void;
  way: (way: Way) => void;
}

export const POLL = 10_000;
const AGAIN = 60_000;
const FAILURES = 3;

export function stream(told: Told): () => void {
  let source: EventSource | null = null;
  let failures = 0;
  // The first event says what is the newest now, which is what the page has just asked for.
  let isFirst = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setInterval> | undefined;

  const fail = (): void => {
    failures += 1;
    // A closed source opens nothing by itself: the answer was no stream.
    const isClosed = source?.readyState === EventSource.CLOSED;
    if (failures < FAILURES && !isClosed) return;
    if (failures < FAILURES) {
      source?.close();
      timer = setTimeout(open, 1000);
      return;
    }
    source?.close();
    source = null;
    if (poll === undefined) {
      told.way("polling");
      told.tick();
      poll = setInterval(told.tick, POLL);
    }
    clearTimeout(timer);
    timer = setTimeout(open, AGAIN);
  };

  const open = (): void => {
    source = new EventSource(EVENTS);
    source.addEventListener("slot", () => {
      failures = 0;
      clearInterval(poll);
      poll = undefined;
      told.way("events");
      if (!isFirst) told.tick();
      isFirst = false;
    });
    source.onerror = fail;
  };

  open();
  return () => {
    source?.close();
    clearTimeout(timer);
    clearInterval(poll);
  };
}
