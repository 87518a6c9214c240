// The union of two periods as lanes, coloured by what changed. Where one of them is no longer kept as a graph, the table stands alone.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { graphOf } from "../api/addresses.ts";
import { GRAPH, readGraph } from "../api/graph.ts";
import type { Diff } from "../api/over-time.ts";
import { fieldOf } from "../map/ends.ts";
import { Lanes } from "../map/Lanes.tsx";
import { linesOf } from "../map/lines.ts";
import { laidOut } from "../map/picture.ts";
import { counted } from "../model/format.ts";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";
import { union } from "./union.ts";
import { changeLook } from "./words.ts";

export function UnionMap({ diff, view }: { diff: Diff; view: View }): JSX.Element | null {
  const before = useAnswer<unknown>(graphOf(diff.a), GRAPH, `graph ${diff.a.from} ${diff.a.to}`);
  const after = useAnswer<unknown>(graphOf(diff.b), GRAPH, `graph ${diff.b.from} ${diff.b.to}`);
  const drawn = useMemo(() => {
    if (!before.value || !after.value) return null;
    const graph = union(readGraph(before.value), readGraph(after.value));
    const field = fieldOf(graph);
    const changed = new Map(diff.edges.map((edge) => [edge.id, edge]));
    // What changed is drawn before what did not, and opens its lane.
    const rank = new Map(diff.edges.map((edge, i) => [edge.id, i]));
    const edges = [...field.edges].sort((a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity));
    const urgent = edges.map((edge) => ({ ...edge, finding: changeLook(changed.get(edge.id)).look.weight > 2 ? "changed" : null }));
    const picture = laidOut({ ...field, edges: urgent }, view, []);
    const lines = linesOf(urgent, {
      box: (label) => picture.of.get(label) ?? null,
      isSilent: () => false,
      mode: "errors",
      seconds: graph.seconds,
      isChosen: (id) => id === view.edge,
      look: (edge) => changeLook(changed.get(edge.id)),
    });
    return { graph, current: { picture, field: { ...field, edges: urgent }, fresh: [], gone: new Set<string>() }, lines };
  }, [before.value, after.value, diff, view.lanes, view.edge]);
  if (!drawn) return before.error || after.error ? <p class="hint">{`Not drawn: ${before.error ?? after.error}.`}</p> : null;
  return (
    <div class="union" data-testid="union">
      <Lanes graph={drawn.graph} view={view} current={drawn.current} lines={drawn.lines} />
      {drawn.lines.left > 0 && <p class="hint">{`${counted(drawn.lines.left, "edge")} not drawn; the table lists them.`}</p>}
    </div>
  );
}
