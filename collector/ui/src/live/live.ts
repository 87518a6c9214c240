// When to ask: at each new slot while the window follows now, once while it is pinned, and again after a while where nobody answered.

import { effect, signal } from "@preact/signals-core";
import { graphAddress } from "../api/addresses.ts";
import { seconds } from "../state/address.ts";
import { isAsking, refresh } from "../state/refresh.ts";
import { answered, trouble, view } from "../state/store.ts";
import type { Way } from "./stream.ts";
import { live } from "./tabs.ts";

/** How new slots become known; `null`: not yet, or the window is pinned. */
export const way = signal<Way | null>(null);

const RETRY = 5_000;

/** How long an answer about a window is new enough, in milliseconds: a day changes little in a slot, and costs the collector much. */
export function freshFor(windowSeconds: number): number {
  if (windowSeconds <= 3600) return 0;
  return windowSeconds <= 86_400 ? 60_000 : 300_000;
}

function isNewEnough(): boolean {
  return Date.now() - answered.peek() < freshFor(seconds(view.peek().since));
}

/** Whether the window follows now. */
function isLive(): boolean {
  return view.value.to === null;
}

export function start(): void {
  let stop: (() => void) | null = null;
  let asked = "";
  effect(() => {
    const address = graphAddress(view.value);
    const follows = isLive();
    if (address !== asked) {
      asked = address;
      answered.value = 0;
      void refresh();
    }
    if (follows && !stop) {
      stop = live({
        // Slots come every 10 s; what is already being asked for is new enough.
        tick: () => (isAsking() || isNewEnough() ? undefined : void refresh()),
        way: (now) => (way.value = now),
      });
    } else if (!follows && stop) {
      stop();
      stop = null;
      way.value = null;
    }
  });
  setInterval(() => {
    if (trouble.peek() && !document.hidden && !isAsking()) void refresh();
  }, RETRY);
}
