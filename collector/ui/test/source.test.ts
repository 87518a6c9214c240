// What holds of the page's sources as text: nothing is exported that nobody imports.

import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const here = new URL("../", import.meta.url);

function texts(folder: string, suffix: RegExp): Map<string, string> {
  const names = readdirSync(new URL(`${folder}/`, here), { recursive: true, encoding: "utf8" }).filter((name) => suffix.test(name));
  return new Map(names.map((name) => [`${folder}/${name}`, readFileSync(new URL(`${folder}/${name}`, here), "utf8")]));
}

const sources = texts("src", /\.tsx?$/);
const tests = texts("test", /\.ts$/);

it("nothing is exported that no other file names", () => {
  const everything = [...sources, ...tests];
  const needless = [...sources].flatMap(([path, text]) => {
    const names = [...text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)].map(([, name]) => name as string);
    return names.filter((name) => !everything.some(([other, content]) => other !== path && new RegExp(`\\b${name}\\b`).test(content))).map((name) => `${path}: ${name}`);
  });
  expect(needless).toEqual([]);
});

const styles = [...texts("src", /\.css$/).values()].join("\n");

it("the colour of each look is said in one place", () => {
  const looks = readFileSync(new URL("src/model/looks.ts", here), "utf8").match(/^type LookName = (.*);$/m)?.[1]?.match(/\w+/g) ?? [];
  expect(looks.length).toBeGreaterThan(15);
  const rules = [...styles.matchAll(/([^{}]*)\{([^{}]*)\}/g)].filter(([, , body]) => body?.includes("--at:"));
  for (const look of looks) expect(rules.filter(([, selector]) => new RegExp(`\\.${look}\\b`).test(selector ?? "")).length, look).toBe(1);
});

function tokens(css: string): Map<string, string> {
  return new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name as string, value as string]));
}

/** Relative luminance, WCAG 2. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const [light, dark] = readFileSync(new URL("src/style/tokens.css", here), "utf8").split("@media").map(tokens) as [Map<string, string>, Map<string, string>];

it.each([["light", light], ["dark", new Map([...light, ...dark])]])("what is drawn holds 3:1 on every ground, %s", (_, colours) => {
  const weak = [...colours].filter(([name]) => /^(e|s|c)-|^hatch$|^box-line$/.test(name)).flatMap(([name, value]) =>
    ["ground", "sheet", "lane", "raised"].map((ground) => [name, ground, contrast(value, colours.get(ground) ?? "")] as const).filter(([, , ratio]) => ratio < 3),
  );
  expect(weak).toEqual([]);
  expect(styles).not.toMatch(/\.(hatch|gap)[^{}]*\{[^}]*opacity/);
});
