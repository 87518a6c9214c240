// Elements made from values. Text only ever becomes text nodes, as shown.ts has it: nothing a mesh says can become markup or hide.

import { shown } from "./shown.ts";

export type Child = Node | string | null | undefined | false;
/** Attributes that people read. */
const READ: ReadonlySet<string> = new Set(["title", "aria-label", "placeholder"]);

type Attributes = Record<string, string | boolean | number | EventListener | undefined>;

/** An element with attributes (`onclick` and the like take a listener; false and undefined leave one out) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : READ.has(name) ? shown(String(value)) : String(value));
  }
  const present = children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false);
  element.append(...present.map((child) => (typeof child === "string" ? shown(child) : child)));
  return element;
}

/** Sets text only where it differs, so that a refresh does not disturb a selection. */
export function setText(element: Element, text: string): void {
  const seen = shown(text);
  if (element.textContent !== seen) element.textContent = seen;
}

/** An identity that may break after a slash and nowhere else needs to. */
export function breakable(text: string): HTMLElement {
  const element = h("span", { class: "identity" });
  shown(text).split(/(?<=[^/:]\/)/).forEach((part, index) => {
    if (index > 0) element.append(document.createElement("wbr"));
    element.append(part);
  });
  return element;
}
