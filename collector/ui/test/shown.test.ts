import { describe, expect, it } from "vitest";
import { drawing } from "../src/elements.ts";
import { panelModel } from "../src/panel.ts";
import { destinationLabel, edgeTitle } from "../src/row.ts";
import { part, shown, word } from "../src/shown.ts";
import { edge, fixture } from "./fixture.ts";

describe("what others wrote", () => {
  it("hides nothing and steers nobody", () => {
    for (const trick of ["\n", "\t", "\u001b", "\u007f", "\u0085", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u202e", "\u2028", "\u2066", "\ufeff", "\ufe0f", "\u0301", "\u3164", "\u{e0041}"]) {
      expect(shown(`a${trick}b`)).toBe(`a\\u{${trick.codePointAt(0)?.toString(16)}}b`);
    }
    expect(shown("a  b")).toBe("a \\u{20}b");
    expect(shown("\\u{1b}")).toBe("\\u{5c}u{1b}");
  });

  it("turns nothing about", () => {
    for (const letter of ["\u05d0", "\u0627", "\ufb2a", "\ufe8d", "\u{10900}", "\u{1e900}"]) expect(shown(`a ${letter} -> b`)).toBe(`a \\u{${letter.codePointAt(0)?.toString(16)}} -> b`);
  });

  it("stays as it is where there is nothing to hide", () => {
    for (const text of ["shop/checkout", "größe", "検索", "a\\b", "updated 14:02, every 5 s", "→ × · …"]) expect(shown(text)).toBe(text);
  });

  it("is drawn as it is shown, and asked for as it is", () => {
    const map = fixture();
    const [edge] = map.edges;
    if (!edge) throw new Error("no edge");
    Object.assign(edge.source, { namespace: "a\n", name: "b\u202e", label: '"a\n"/"b\u202e"' });
    const { nodes, groups } = drawing([edge], []);
    expect(groups.map(({ label }) => label)).toContain('"a\\u{a}"');
    expect(nodes.map(({ label }) => label)).toContain('"b\\u{202e}"');
    expect(nodes.map(({ name }) => name)).toContain('"a\n"/"b\u202e"');
  });
});

describe("a name beside others", () => {
  it("is one word, and a part of a label holds no slash", () => {
    for (const plain of ["shop/checkout-v1", "*.example.com:443", "[fe80::1%eth0]:80", "spiffe://a/ns/b/sa/c?d=e", "größe", "a_b", ""]) expect(word(plain)).toBe(plain);
    for (const [text, quoted] of [["a b", '"a b"'], ["a->b", '"a->b"'], ["v1,v2", '"v1,v2"'], ['a" -> "b', '"a\\" -> \\"b"'], ["a\\", '"a\\\\"']]) expect(word(text ?? "")).toBe(quoted);
    expect([part("web"), part("prod/web"), part("a b"), part("")]).toEqual(["web", '"prod/web"', '"a b"', '""']);
  });

  it("is told everywhere from a name in a namespace, and asked for as it is printed", () => {
    const one = edge("shop/checkout", "stock/inventory");
    Object.assign(one.source, { namespace: "", name: "prod/web", label: '"prod/web"' });
    Object.assign(one.destination, { namespace: "prod", name: "web", label: "prod/web", services: ["a, b:80"] });
    expect(edgeTitle(one)).toBe(`"prod/web" → prod/web:${one.destination.port}`);
    expect(drawing([one], []).nodes.map(({ label }) => label)).toEqual(['"prod/web"', "web"]);
    const panel = panelModel(one, []);
    expect([panel.source.workload, panel.destination.workload]).toEqual(['"prod/web"', "prod/web"]);
    expect(panel.services).toEqual(['"a, b:80"']);
  });

  it("has its port once, whatever the kind", () => {
    const { destination } = edge("legacy/billing", "203.0.113.7:443");
    expect(destinationLabel(destination)).toBe("203.0.113.7:443");
    expect(destinationLabel({ ...destination, kind: "service", label: "web:443 (service)" })).toBe("web:443 (service)");
    expect(destinationLabel({ ...destination, kind: "workload", label: '"web:443"' })).toBe('"web:443":443');
  });
});
