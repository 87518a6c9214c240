import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { asMap, fetchMap, mapAddress, refusal } from "../src/api.ts";
import { completenessItems, emptyText, totalItems } from "../src/header.ts";
import { fromAddress, toAddress } from "../src/view-state.ts";
import { fixture } from "./fixture.ts";

describe("the header", () => {
  it("keeps completeness in separate items, and says what nobody can see", () => {
    expect(completenessItems(fixture()).map(({ id, value, lacking }) => [id, value, lacking])).toEqual([
      ["proxies", "15/16", true],
      ["time-covered", ">99.99 %", true],
      ["batches-lost", "0, 1 unclosed sender", true],
      ["refused-connections", "not observed", true],
    ]);
  });

  it("names what was injected and left out of other numbers, and only then", () => {
    const map = fixture();
    const apart = ["injected", "delayed", "streaming"];
    expect(totalItems(map).some(({ id }) => apart.includes(id))).toBe(false);
    Object.assign(map.totals, { injected: 11, delayed: 12, streaming: 13 });
    const named = totalItems(map).filter(({ id }) => apart.includes(id));
    expect(named.map(({ label, value }) => `${label} ${value}`)).toEqual(["failed on purpose 11", "delayed on purpose 12", "streams 13"]);
  });

  it("does not claim completeness without an expected set", () => {
    const map = fixture();
    map.completeness.proxies.expected = null;
    map.completeness.time_covered = { covered_s: 600, expected_s: null, ratio: null };
    const [proxies, time] = completenessItems(map);
    expect(proxies?.value).toBe("16 seen so far, completeness unknown");
    expect(time?.value).toBe("share unknown (10m)");
    expect([proxies?.lacking, time?.lacking]).toEqual([true, true]);
  });

  it("says period and totals", () => {
    const values = Object.fromEntries(totalItems(fixture()).map((item) => [item.id, item.value]));
    expect(values).toMatchObject({ period: "2026-11-24 14:02:00Z to 14:07:00Z (5m)", workloads: "9", "edge-count": "12", requests: "65,482", connections: "11" });
  });

  it("an empty map says what is known of the proxies", () => {
    const map = fixture();
    expect(emptyText(map, false)).toContain("No exchanges in this period; proxies: 15/16. Silent: legacy/cron.");
    map.completeness.proxies = { reporting: 0, expected: null, seen: 0, silent: [], statement: "0 seen so far, completeness unknown" };
    expect(emptyText(map, false)).toContain("check that the filter is attached");
  });
});

describe("asking the collector", () => {
  const query = { since: "15m", namespace: "shop", workload: "", probe: true, telemetry: true };

  it("asks for what was chosen", () => {
    expect(mapAddress(query)).toBe("api/v1/map?since=15m&namespace=shop&include=probe%2Ctelemetry&limit=500");
  });

  it("asks below the page's own address, whatever path leads to it", () => {
    const asked = (page: string): string => new URL(mapAddress(query), page).pathname;
    expect(asked("http://h/hogusu/?since=5m")).toBe("/hogusu/api/v1/map");
    expect(asked("http://h/?since=5m")).toBe("/api/v1/map");
    expect(readFileSync(new URL("../index.html", import.meta.url), "utf8")).not.toMatch(/(href|src)="\//);
  });

  it("pins later pages to the first one's period", () => {
    expect(mapAddress({ ...query, probe: false, telemetry: false }, fixture(), "abc")).toBe(
      "api/v1/map?from=2026-11-24T14%3A02%3A00Z&to=2026-11-24T14%3A07%3A00Z&namespace=shop&limit=500&cursor=abc",
    );
  });

  it("takes an edge once that moved from one page to the next", async () => {
    const { edges } = fixture();
    const pages = [{ ...fixture(), edges: edges.slice(0, 3), next_cursor: "a" }, { ...fixture(), edges: edges.slice(2, 5), next_cursor: null }];
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify(pages.shift())));
    const map = await fetchMap(query, new AbortController().signal);
    vi.unstubAllGlobals();
    expect(map.edges).toEqual(edges.slice(0, 5));
  });

  it("shows the collector's own words for a refusal, and the status of anything else", () => {
    expect(refusal(400, "Bad Request", '{"error":{"code":"bad_since","message":"since is not a duration","remedy":"write 5m"}}')).toBe("since is not a duration (write 5m)");
    expect(refusal(502, "Bad Gateway", "<html>")).toBe("the collector answered 502 Bad Gateway");
  });

  it("refuses another schema", () => expect(() => asMap({ schema: "hogusu.map/v2" })).toThrow("expected schema hogusu.map/v1"));
});

describe("the page's address", () => {
  it("keeps the view, and nothing that is the default", () => {
    const address = "?since=1h&namespace=stock&include=probe&q=redis&mode=mtls&edge=00ff";
    expect(toAddress(fromAddress(address))).toBe(address);
    expect(toAddress(fromAddress(""))).toBe("");
  });

  it("ignores a period that is none", () => expect(fromAddress("?since=evil").since).toBe("5m"));
});

describe("the sources", () => {
  const folder = new URL("../src/", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts")).map((name) => readFileSync(new URL(name, folder), "utf8"));

  it("never turn text into markup or code", () => {
    for (const source of sources) expect(source).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser/);
  });

  it("name no other origin", () => {
    for (const source of sources) expect(source.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
  });
});

/** WCAG 2's contrast ratio of two colours like #1b2733. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, bl] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (bl ?? 0);
  };
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

describe("the colours", () => {
  const sheet = readFileSync(new URL("../src/style.css", import.meta.url), "utf8");
  const schemes = [...sheet.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => Object.fromEntries([...(body ?? "").matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value])));
  const grounds: [string, string[]][] = [
    ["text", ["bg", "surface", "group", "node", "accent-soft"]],
    ["text-soft", ["bg", "surface", "group"]],
    ["bad", ["surface", "bad-soft", "accent-soft", "group"]],
    ["warn", ["surface", "warn-soft", "accent-soft", "group"]],
    ["surface", ["accent"]],
  ];

  it.each([["light", 0], ["dark", 1]] as const)("of text contrast by 4.5 or more in %s", (_, index) => {
    const colours = schemes[index] ?? {};
    for (const [ink, papers] of grounds) {
      for (const paper of papers) expect(contrast(colours[ink] ?? "", colours[paper] ?? ""), `${ink} on ${paper}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each([["light", 0], ["dark", 1]] as const)("of lines that are not as they should be contrast by 3 or more in %s, or have dashes and words", (_, index) => {
    const colours = schemes[index] ?? {};
    for (const name of ["edge-some", "edge-many", "edge-tls", "edge-plain", "edge-differ"]) expect(contrast(colours[name] ?? "", colours["surface"] ?? ""), name).toBeGreaterThanOrEqual(3);
  });
});
