// What breaks with a workload, as far as the graph tells: the ways that lead to it, and what is reached only through it. Pure; how surely
// an entry point is hit is the collector's to say.

import type { GraphEdge } from "../api/graph.ts";
import type { Impact } from "../api/shape.ts";
import type { Lit } from "./choice.ts";
import type { Line } from "./lines.ts";

export interface Hit {
  /** Class of its box. */
  name: "dies" | "hit" | "may" | "way" | "cut";
  words: string;
}

export interface Struck {
  /** What is said in the box of each end that is hit. */
  hits: ReadonlyMap<string, Hit>;
  /** Edges of the ways to it, and on from it to what is cut off. */
  ways: ReadonlySet<string>;
}

const SURELY: Record<string, Hit> = {
  certain: { name: "hit", words: "fails certainly" },
  as_observed: { name: "hit", words: "fails, as observed" },
  possible: { name: "may", words: "may fail" },
};

type Lists = ReadonlyMap<string, readonly GraphEdge[]>;

/** `into` and `out`: edges by their ends. `told` is `null` until it was answered. */
export function struck(label: string, into: Lists, out: Lists, told: Impact | null): Struck {
  const [hits, ways] = [new Map<string, Hit>(), new Set<string>()];
  const upstream = new Set([label]);
  for (const end of upstream) {
    for (const { id, source } of into.get(end) ?? []) {
      // Calls from outside are no way through the mesh.
      if (source.kind !== "workload") continue;
      ways.add(id);
      upstream.add(source.label);
    }
  }
  for (const end of upstream) hits.set(end, { name: "way", words: "calls lead to it" });
  const cut = new Set(told?.cut_off ?? []);
  for (const end of [label, ...cut]) for (const edge of out.get(end) ?? []) if (cut.has(edge.destination.label)) ways.add(edge.id);
  for (const end of cut) hits.set(end, { name: "cut", words: "only through it" });
  for (const { workload, certainty } of told?.entries ?? []) hits.set(workload, SURELY[certainty] ?? { name: "may", words: certainty });
  hits.set(label, { name: "dies", words: "dies" });
  return { hits, ways };
}

export function litBy({ hits, ways }: Struck, lines: readonly Line[], of: ReadonlyMap<string, { key: string }>): Lit {
  const boxes = new Set([...hits.keys()].flatMap((label) => of.get(label)?.key ?? []));
  return { boxes, lines: new Set(lines.filter(({ edges }) => edges.some(({ id }) => ways.has(id))).map(({ key }) => key)) };
}
