// What the picture does not have yet, and what it only keeps the place of: a refresh moves nothing, the reader does.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import { counted } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { tidy } from "./picture.ts";

interface NewProps {
  fresh: readonly string[];
  gone: number;
  graph: Graph;
  view: View;
}

export function NewOnes({ fresh, gone, graph, view }: NewProps): JSX.Element {
  const take = (): void => {
    tidy();
    change({ at: null });
  };
  const placing = graph.placing;
  const isOther = view.epoch !== null && placing !== null && placing.epoch !== view.epoch;
  return (
    <>
      {fresh.length > 0 && (
        <button type="button" class="new" data-testid="new" title={fresh.slice(0, 20).map(shown).join("\n")} onClick={take}>
          {`${counted(fresh.length, "new workload")}: show`}
        </button>
      )}
      {gone > 0 && fresh.length === 0 && (
        <button type="button" class="new quiet" onClick={take}>
          {`${counted(gone, "workload")} not seen in this period: take out`}
        </button>
      )}
      {isOther && <p class="notice">The mesh was laid out anew since this address was copied.</p>}
      {placing && placing.added > 20 && placing.added > placing.began_with / 2 && (
        <p class="hint">
          {`${counted(placing.added, "end")} came since it was laid out. `}
          <code>hogusu placing renew --data DATA</code>
        </p>
      )}
    </>
  );
}
