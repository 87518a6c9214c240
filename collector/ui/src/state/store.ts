// What the page holds: the view, as its address has it, and the newest answers. Signals; asking is elsewhere.

import { signal } from "@preact/signals-core";
import type { Graph } from "../api/graph.ts";
import type { Status } from "../api/over-time.ts";
import type { Impact } from "../api/shape.ts";
import type { Finding } from "../api/shapes.ts";
import { fromAddress, toAddress, type View } from "./address.ts";

export const view = signal<View>(fromAddress(location.search));
export const graph = signal<Graph | null>(null);
/** `null` until they were answered: nobody knows yet whether there are any. */
export const findings = signal<readonly Finding[] | null>(null);
/** What breaks with the workload that is shown, where that is asked for: the map marks it. */
export const impact = signal<Impact | null>(null);
export const status = signal<Status | null>(null);

export interface Trouble {
  text: string;
  /** The page's clock. */
  since: number;
}

/** Why the newest question has no answer; what is shown is older then. */
export const trouble = signal<Trouble | null>(null);
/** When the graph was answered, by the page's clock. */
export const answered = signal(0);

/** What a step back should lead to. Moving the picture or typing is none. */
const QUIET: readonly (keyof View)[] = ["at", "q", "sort", "page"];

export function change(patch: Partial<View>): void {
  const epoch = graph.value?.placing?.epoch ?? view.value.epoch;
  const next = { ...view.value, epoch, ...patch };
  const address = toAddress(next);
  if (address === toAddress(view.value)) return;
  const isQuiet = Object.keys(patch).every((key) => QUIET.includes(key as keyof View));
  if (isQuiet) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  view.value = next;
}

export function followHistory(): void {
  addEventListener("popstate", () => {
    view.value = fromAddress(location.search);
  });
}

/** The address of a view, for a link. */
export function hrefOf(patch: Partial<View>): string {
  return toAddress({ ...view.value, ...patch });
}
