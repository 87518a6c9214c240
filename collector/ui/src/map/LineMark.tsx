// One line of the map with its arrow, the words on it, and the patterns that both use. Colours come by class from the styles.

import type { JSX } from "preact";
import { iconPath } from "../shell/values.tsx";
import type { Label } from "./labels.ts";
import type { Line } from "./lines.ts";
import type { Route } from "./routes.ts";

interface LineProps {
  route: Route;
  isDim: boolean;
  isChosen: boolean;
  hover: (key: string | null) => void;
  choose: (line: Line) => void;
}

export function LineMark({ route, isDim, isChosen, hover, choose }: LineProps): JSX.Element {
  const { line, d, end } = route;
  const classes = ["line", line.look.name, line.look.dashed && "dashed", isDim && "dim", isChosen && "chosen", line.edges.length > 1 && "merged"];
  const size = 4 + line.width * 0.9;
  return (
    <g class={classes.filter(Boolean).join(" ")} data-line={line.key} data-testid="line" data-look={line.look.name} data-edges={line.edges.length}>
      <path class="stroke" d={d} stroke-width={line.width} />
      <path class="head" d={`M${end.x + 6} ${end.y}l${-size - 2} ${-size / 2 - 1}v${size + 2}z`} />
      <path class="touch" d={d} onPointerEnter={() => hover(line.key)} onPointerLeave={() => hover(null)} onClick={() => choose(line)} />
    </g>
  );
}

export function LabelMark({ label, isDim }: { label: Label; isDim: boolean }): JSX.Element {
  const { x, y, width, height, lines } = label;
  const { line } = label.route;
  const middle = x + (line.isPlain ? 7 : 0);
  const first = y - (lines.length - 1) * 6;
  return (
    <g class={`label ${line.look.name}${isDim ? " dim" : ""}`} data-testid="label">
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx="8" />
      {line.isPlain && <path class="lock" transform={`translate(${x - width / 2 + 5} ${y - 7}) scale(.54)`} d={iconPath("open")} />}
      {lines.map((text, i) => (
        <text key={text} class={i > 0 ? "second" : ""} x={middle} y={first + i * 12}>
          {text}
        </text>
      ))}
    </g>
  );
}

export function Patterns(): JSX.Element {
  return (
    <defs>
      <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatching" width="2.4" height="7" />
      </pattern>
    </defs>
  );
}
