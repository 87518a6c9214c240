// The lanes behind the boxes, with their names; a name is a button that folds or opens its lane.

import type { JSX } from "preact";
import { middle, shown } from "../model/shown.ts";
import { change } from "../state/store.ts";
import type { View } from "../state/address.ts";
import { OTHERS } from "./budget.ts";
import { toggled } from "./choice.ts";
import type { Packing } from "./packing.ts";

/** Characters of 12 px that fit beside the boxes. */
const ROOM = 16;

export function LaneBands({ packing, view }: { packing: Packing; view: View }): JSX.Element {
  return (
    <g class="bands">
      {packing.bands.map((band) => {
        const isFixed = band.key === OTHERS || band.size === 1;
        const fold = (): void => change({ lanes: toggled(band.key, view.lanes, !band.isFolded), at: null });
        return (
          <g key={band.key} class="band" data-testid="lane" data-lane={band.key}>
            <rect x="4" y={band.y} width={packing.width - 8} height={band.height} rx="10" />
            <g class={isFixed ? "title" : "title can"} onClick={isFixed ? undefined : fold} aria-hidden="true">
              <text x="16" y={band.y + band.height / 2 - (band.isFolded || band.height < 40 ? 0 : 7)}>
                {middle(shown(band.title), ROOM)}
              </text>
              {!band.isFolded && band.height >= 40 && (
                <text class="size" x="16" y={band.y + band.height / 2 + 9}>
                  {band.size === 1 ? "1 workload" : `${band.size} ${band.title === "outside the mesh" ? "ends" : "workloads"}${isFixed ? "" : " ⌄"}`}
                </text>
              )}
              <title>{shown(band.title)}</title>
            </g>
          </g>
        );
      })}
    </g>
  );
}
