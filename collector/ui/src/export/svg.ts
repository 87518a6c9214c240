// The picture as a file of its own: what the styles say is written into its attributes, so that it looks the same anywhere.

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-weight", "font-family", "text-anchor", "paint-order", "stroke-linejoin", "dominant-baseline", "visibility"];

/** The drawing as text. `width` and `height` are those of the unscaled picture. */
export function svgText(drawing: SVGSVGElement, width: number, height: number, background: string, caption: string): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const [from, to] = [drawing.querySelectorAll<SVGElement>("*"), copy.querySelectorAll<SVGElement>("*")];
  from.forEach((element, i) => {
    const mine = to[i];
    if (!mine) return;
    const style = getComputedStyle(element);
    for (const name of KEPT) {
      const value = style.getPropertyValue(name);
      if (value && value !== "none" && value !== "normal") mine.setAttribute(name, value);
    }
    if (style.fill === "none") mine.setAttribute("fill", "none");
    for (const name of ["class", "style", "tabindex", "role", "aria-label"]) mine.removeAttribute(name);
  });
  const ns = "http://www.w3.org/2000/svg";
  copy.setAttribute("xmlns", ns);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height + 28));
  copy.setAttribute("viewBox", `0 0 ${width} ${height + 28}`);
  for (const name of ["class", "style", "role", "aria-label"]) copy.removeAttribute(name);
  const sheet = document.createElementNS(ns, "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: background })) sheet.setAttribute(name, value);
  copy.prepend(sheet);
  const words = document.createElementNS(ns, "text");
  for (const [name, value] of Object.entries({ x: "12", y: String(height + 16), "font-size": "11", "font-family": "sans-serif", fill: "#717d86" })) words.setAttribute(name, value);
  words.textContent = caption;
  copy.append(words);
  return new XMLSerializer().serializeToString(copy);
}

/** Hands a text over as a file. */
export function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
