// One box of the map: a workload, a folded lane, or a rest that is counted.

import type { JSX } from "preact";
import { count } from "../model/format.ts";
import { middle, shown } from "../model/shown.ts";
import type { Field } from "./ends.ts";
import { WIDTH, type Placed } from "./packing.ts";
import { isSilentBox } from "./picture.ts";
import type { Hit } from "./struck.ts";
import { boxLine, boxTold } from "./told.ts";

interface BoxProps {
  box: Placed;
  field: Field;
  isStop: boolean;
  isGone: boolean;
  isChosen: boolean;
  isDim: boolean;
  /** What becomes of it when another one dies. */
  hit: Hit | undefined;
  focus: (key: string) => void;
  choose: () => void;
}

/** Characters of 13 px that a box has room for. */
const ROOM = 16;

export function BoxMark({ box, field, isStop, isGone, isChosen, isDim, hit, focus, choose }: BoxProps): JSX.Element {
  const isSilent = isSilentBox(box, field.ends);
  const end = field.ends.get(box.key);
  const classes = ["box", box.kind, isSilent && "silent", isGone && "gone", isChosen && "chosen", isDim && "dim", hit?.name, end && end.node.kind !== "workload" && "outside"];
  const press = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  };
  return (
    <g
      class={classes.filter(Boolean).join(" ")}
      transform={`translate(${box.x} ${box.y})`}
      role="button"
      tabindex={isStop ? 0 : -1}
      aria-label={boxTold(box, field, hit?.words)}
      data-box={box.key}
      data-testid="box"
      onClick={choose}
      onKeyDown={press}
      onFocus={() => focus(box.key)}
    >
      <g aria-hidden="true">
        {box.kind !== "workload" && <rect class="behind" x="4" y="4" width={WIDTH} height={box.height} rx="7" />}
        <rect class="face" width={WIDTH} height={box.height} rx="7" />
        {isSilent && <rect class="hatch" width={WIDTH} height={box.height} rx="7" />}
        {box.kind === "lane" ? (
          <text class="name" x="12" y={box.height / 2}>
            {`${count(box.members.length)} workload${box.members.length === 1 ? "" : "s"}`}
          </text>
        ) : (
          <>
            <text class="name" x="12" y="17">
              {middle(shown(box.title), ROOM)}
            </text>{" "}
            <text class="sub" x="12" y="33">
              {hit?.words ?? boxLine(box, end, field)}
            </text>
          </>
        )}
        {box.kind === "lane" && <path class="sign" d={`M${WIDTH - 20} ${box.height / 2 - 4}l4 4l-4 4`} />}
        {middle(shown(box.title), ROOM) !== shown(box.title) && <title>{shown(box.key)}</title>}
      </g>
    </g>
  );
}
