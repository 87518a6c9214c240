import { describe, expect, it } from "vitest";
import { drawing } from "../src/elements.ts";
import { shown } from "../src/shown.ts";
import { fixture } from "./fixture.ts";

describe("what others wrote", () => {
  it("hides nothing and steers nobody", () => {
    for (const trick of ["\n", "\t", "\u001b", "\u007f", "\u0085", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u202e", "\u2028", "\u2066", "\ufeff", "\ufe0f", "\u0301", "\u3164", "\u{e0041}"]) {
      expect(shown(`a${trick}b`)).toBe(`a\\u{${trick.codePointAt(0)?.toString(16)}}b`);
    }
    expect(shown("a  b")).toBe("a \\u{20}b");
    expect(shown("\\u{1b}")).toBe("\\u{5c}u{1b}");
  });

  it("stays as it is where there is nothing to hide", () => {
    for (const text of ["shop/checkout", "größe", "検索", "a\\b", "updated 14:02, every 5 s", "→ × · …"]) expect(shown(text)).toBe(text);
  });

  it("is drawn as it is shown, and asked for as it is", () => {
    const map = fixture();
    const [edge] = map.edges;
    if (!edge) throw new Error("no edge");
    Object.assign(edge.source, { namespace: "a\n", name: "b\u202e", label: "a\n/b\u202e" });
    const { nodes, groups } = drawing([edge], []);
    expect(groups.map(({ label }) => label)).toContain("a\\u{a}");
    expect(nodes.map(({ label }) => label)).toContain("b\\u{202e}");
    expect(nodes.map(({ name }) => name)).toContain("a\n/b\u202e");
  });
});
