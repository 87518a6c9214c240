import { describe, expect, it } from "vitest";
import { shown, word } from "../src/model/shown.ts";

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
});

describe("a name beside others", () => {
  it("is one word, or stands in quotes", () => {
    for (const plain of ["shop/checkout-v1", "*.example.com:443", "[fe80::1%eth0]:80", "spiffe://a/ns/b/sa/c?d=e", "größe", "a_b", ""]) expect(word(plain)).toBe(plain);
    for (const [text, quoted] of [["a b", '"a b"'], ["a->b", '"a->b"'], ["v1,v2", '"v1,v2"'], ['a" -> "b', '"a\\" -> \\"b"'], ["a\\", '"a\\\\"']]) expect(word(text ?? "")).toBe(quoted);
  });
});
