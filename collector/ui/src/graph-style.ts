// The looks of the graph in Cytoscape's terms. Colours come from style.css, so that light and dark have one source.

import type cytoscape from "cytoscape";
import { LOOKS } from "./looks.ts";
import hatch from "./hatch.svg?url";

export const FONT = "13px system-ui, sans-serif";
const FAMILY = "system-ui, sans-serif";

/** The value of a custom property of the page. */
export type Colour = (property: string) => string;

function nodeStyles(colour: Colour): cytoscape.StylesheetJsonBlock[] {
  const text = { "font-family": FAMILY, "font-size": 13, color: colour("--text") };
  return [
    {
      selector: "node",
      style: {
        ...text,
        label: "data(label)",
        shape: "round-rectangle",
        height: 28,
        "min-zoomed-font-size": 6,
        "text-valign": "center",
        "text-halign": "center",
        "background-color": colour("--node"),
        "border-width": 1.5,
        "border-color": colour("--node-line"),
      },
    },
    { selector: "node[width]", style: { width: "data(width)" } },
    { selector: "node[kind='service']", style: { shape: "round-tag", "padding-right": "6px" } as cytoscape.Css.Node },
    { selector: "node[kind='address']", style: { shape: "cut-rectangle" } },
    { selector: "node[kind='unknown'], node[kind='overflow']", style: { shape: "round-rectangle", "border-style": "dashed" } },
    { selector: "node[kind='namespace']", style: { height: 40, "font-weight": 600, "border-width": 2 } },
    {
      selector: "node[?silent]",
      style: {
        "border-style": "dashed",
        "background-image": hatch,
        "background-repeat": "repeat",
        "background-width": "12px",
        "background-height": "12px",
        "background-image-opacity": 0.55,
        "text-background-color": colour("--node"),
        "text-background-opacity": 0.9,
        "text-background-padding": "2px",
      },
    },
    {
      selector: "node:parent",
      style: {
        ...text,
        "font-size": "data(size)",
        "font-weight": 600,
        color: colour("--text-soft"),
        "text-valign": "top",
        "text-margin-y": "data(inset)",
        "background-color": colour("--group"),
        "background-opacity": 1,
        "border-color": colour("--line"),
        "border-width": 1,
        padding: "data(padding)",
      } as unknown as cytoscape.Css.Node,
    },
    { selector: "node.faded", style: { opacity: 0.35 } },
    { selector: "node.end", style: { "border-color": colour("--accent"), "border-width": 2.5 } },
  ];
}

function edgeStyles(colour: Colour): cytoscape.StylesheetJsonBlock[] {
  const base: cytoscape.StylesheetJsonBlock = {
    selector: "edge",
    style: {
      "curve-style": "bezier",
      "control-point-step-size": 46,
      "target-arrow-shape": "triangle",
      "arrow-scale": 1.1,
      label: "data(label)",
      "font-family": FAMILY,
      "font-size": 12,
      color: colour("--text"),
      "text-background-color": colour("--surface"),
      "text-background-opacity": 0.92,
      "text-background-padding": "2px",
      "text-background-shape": "roundrectangle",
      "min-zoomed-font-size": 7,
      "loop-direction": "-45deg",
    },
  };
  const looks = Object.entries(LOOKS).map(([name, look]): cytoscape.StylesheetJsonBlock => ({
    selector: `edge[look='${name}']`,
    style: {
      width: look.width,
      "line-color": colour(look.colour),
      "target-arrow-color": colour(look.colour),
      // Cytoscape's own dots are one pixel wide and look solid: short dashes instead.
      "line-style": look.line === "solid" ? "solid" : "dashed",
      "line-dash-pattern": look.line === "dotted" ? [2.5, 4] : [8, 6],
      "arrow-scale": look.width > 4 ? 0.85 : 1.1,
      "z-index": look.weight,
    },
  }));
  return [
    base,
    ...looks,
    { selector: "edge.faded", style: { opacity: 0.22 } },
    {
      selector: "edge.chosen",
      style: { "underlay-color": colour("--accent"), "underlay-opacity": 0.32, "underlay-padding": 6, "z-index": 99 },
    },
  ];
}

export function graphStyle(colour: Colour): cytoscape.StylesheetJsonBlock[] {
  return [...nodeStyles(colour), ...edgeStyles(colour)];
}
