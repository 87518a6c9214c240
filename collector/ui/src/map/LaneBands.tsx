// The lanes behind the boxes, with their names; a name is a button that folds or opens its lane. All names are one tab stop, arrows walk
// among them.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { counted } from "../model/format.ts";
import { middle, shown } from "../model/shown.ts";
import { change } from "../state/store.ts";
import type { View } from "../state/address.ts";
import { OTHERS } from "./budget.ts";
import { toggled } from "./choice.ts";
import { OUTSIDE } from "./ends.ts";
import type { Band, Packing } from "./packing.ts";

/** Characters of 12 px that fit beside the boxes. */
const ROOM = 16;

/** What one box stands for anyway is neither folded nor opened. */
const isFixed = ({ key, size }: Band): boolean => key === OTHERS || size === 1;

const STEPS: Record<string, -1 | 1> = { ArrowUp: -1, ArrowDown: 1 };

export function LaneBands({ packing, view }: { packing: Packing; view: View }): JSX.Element {
  const group = useRef<SVGGElement>(null);
  const [roving, rove] = useState<string | null>(null);
  const names = packing.bands.filter((band) => !isFixed(band)).map(({ key }) => key);
  const stop = roving !== null && names.includes(roving) ? roving : names[0];
  const key = (event: KeyboardEvent, band: Band): void => {
    const step = STEPS[event.key];
    if (event.key === "Enter" || event.key === " ") fold(band, view);
    else if (step) {
      const next = names[names.indexOf(band.key) + step] ?? band.key;
      rove(next);
      for (const title of group.current?.querySelectorAll<SVGElement>("[data-fold]") ?? []) if (title.dataset["fold"] === next) title.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <g class="bands" ref={group}>
      {packing.bands.map((band) => (
        <g key={band.key} class="band" data-testid="lane" data-lane={band.key}>
          <rect x="4" y={band.y} width={packing.width - 8} height={band.height} rx="10" />
          {isFixed(band) ? (
            <g class="title" aria-hidden="true">
              <Title band={band} />
            </g>
          ) : (
            <g
              class="title can"
              role="button"
              tabindex={band.key === stop ? 0 : -1}
              aria-expanded={!band.isFolded}
              aria-label={`${shown(band.title)} ${ends(band)}, lane`}
              data-fold={band.key}
              onClick={() => fold(band, view)}
              onKeyDown={(event) => key(event, band)}
              onFocus={() => rove(band.key)}
            >
              <g aria-hidden="true">
                <Title band={band} />
              </g>
            </g>
          )}
        </g>
      ))}
    </g>
  );
}

function fold(band: Band, view: View): void {
  change({ lanes: toggled(band.key, view.lanes, !band.isFolded), at: null });
}

const ends = ({ title, size }: Band): string => counted(size, title === OUTSIDE ? "end" : "workload");

function Title({ band }: { band: Band }): JSX.Element {
  const isLow = band.isFolded || band.height < 40;
  return (
    <>
      <rect class="ring" x="8" y={band.y + 3} width="130" height={band.height - 6} rx="7" />
      <text x="16" y={band.y + band.height / 2 - (isLow ? 0 : 7)}>
        {middle(shown(band.title), ROOM)}
      </text>{" "}
      {!isLow && (
        <text class="size" x="16" y={band.y + band.height / 2 + 9}>
          {`${ends(band)}${isFixed(band) ? "" : " ⌄"}`}
        </text>
      )}
      {middle(shown(band.title), ROOM) !== shown(band.title) && <title>{shown(band.title)}</title>}
    </>
  );
}
