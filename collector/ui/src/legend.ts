// The legend of the current mode: each line beside the words that say the same.

import { h } from "./dom.ts";
import { LEGEND, LOOKS, type LookName, type Mode } from "./looks.ts";

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "none", dashed: "8 5", dotted: "2.5 3.5" };

function sample(name: LookName): SVGElement {
  const look = LOOKS[name];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 34 10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "line");
  const attributes = { x1: 1, x2: 33, y1: 5, y2: 5, "stroke-width": look.width, "stroke-dasharray": DASHES[look.line], stroke: `var(${look.colour})` };
  for (const [key, value] of Object.entries(attributes)) line.setAttribute(key, String(value));
  svg.append(line);
  return svg;
}

export function legendItems(mode: Mode, someSilent: boolean): HTMLElement[] {
  const items = LEGEND[mode].map((name) => {
    const item = h("li", {}, LOOKS[name].words);
    item.prepend(sample(name));
    return item;
  });
  if (someSilent) items.push(h("li", {}, h("span", { class: "hatched", "aria-hidden": "true" }), "silent proxy: no data"));
  return items;
}
