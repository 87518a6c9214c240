// The picture as it was laid out once, and what a later answer changes in it: numbers and colours, never places. An end that is new
// waits until the reader asks for it, one that is gone keeps its place.

import { signal } from "@preact/signals-core";
import type { Graph } from "../api/graph.ts";
import type { View } from "../state/address.ts";
import { around } from "./around.ts";
import { budgeted, type Box } from "./budget.ts";
import { fieldOf, type Drawable, type Field } from "./ends.ts";
import { packed, type Packing } from "./packing.ts";

export interface Picture {
  packing: Packing;
  /** Box of each end that the picture has. */
  of: ReadonlyMap<string, Box>;
  isFolded: boolean;
  /** Neighbours left out of the surroundings of one workload. */
  cut: number;
  /** Labels in the answer that the picture was made of, and later ones that were taken in or are left out by choice. */
  known: ReadonlySet<string>;
}

export interface Current {
  picture: Picture;
  field: Field;
  /** Ends of the newest answer that have no place in the picture yet. */
  fresh: string[];
  /** Ends of the picture that the newest answer does not have. */
  gone: ReadonlySet<string>;
}

/** Counts how often the reader had it laid out anew. */
export const laidAnew = signal(0);

let last: { key: string; picture: Picture } | null = null;

/** What the reader decides about the picture; when it changes the picture is laid out anew. */
function keyOf(view: View, epoch: string | null): string {
  const { namespace, protocol, security, include, around: centre, depth, lanes } = view;
  return JSON.stringify([namespace, protocol, security, include, centre, depth, lanes, epoch]);
}

export function laidOut(field: Field, view: Pick<View, "around" | "depth" | "lanes">, chosen: readonly string[]): Picture {
  const shown = view.around && field.ends.has(view.around) ? around(field, view.around, view.depth) : { field, cut: 0 };
  const { boxes, of, isFolded } = budgeted(shown.field, { lanes: view.lanes, chosen });
  return { packing: packed(boxes, field.lanes), of, isFolded, cut: shown.cut, known: new Set(field.ends.keys()) };
}

/** The picture for this answer: the last one where nothing but numbers changed. `chosen` are ends that must be to be seen. */
export function current(graph: Graph, view: View, chosen: readonly string[]): Current {
  const field = fieldOf(graph);
  const key = keyOf(view, graph.placing?.epoch ?? null);
  const mustShow = chosen.some((label) => field.ends.has(label) && last?.picture.of.get(label)?.kind !== "workload");
  const isEmpty = last !== null && last.picture.packing.boxes.length === 0;
  if (!last || last.key !== key || isEmpty || (mustShow && !view.around)) last = { key, picture: laidOut(field, view, chosen) };
  const { picture } = last;
  const fresh = [...field.ends.keys()].filter((label) => !picture.known.has(label));
  const gone = new Set([...picture.of.keys()].filter((label) => !field.ends.has(label)));
  return { picture, field, fresh, gone };
}

/** Takes new ends in, and lets those go that are gone: at the reader's word. */
export function tidy(): void {
  last = null;
  laidAnew.value += 1;
}

export function isSilentBox(box: Box, ends: ReadonlyMap<string, Drawable>): boolean {
  return box.members.some((label) => ends.get(label)?.isSilent);
}
