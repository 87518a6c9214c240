import { describe, expect, it } from "vitest";
import { levelOf, failedAnswers, worstFailure } from "../src/failure.ts";
import { edgeLook, LEGEND, LOOKS, mergedLook } from "../src/looks.ts";
import { panelModel } from "../src/panel.ts";
import { toRow } from "../src/row.ts";
import { securityWords } from "../src/security.ts";
import { edge, fixture } from "./fixture.ts";

describe("edges coloured by errors", () => {
  it.each([
    ["shop/gateway", "shop/checkout", "healthy", ""],
    ["shop/gateway", "shop/cart", "few", "<0.01 % failed"],
    ["shop/checkout", "stock/inventory", "some", "2.5 % failed"],
    ["shop/orders", "legacy/billing", "many", "8.5 % failed"],
    ["legacy/billing", "203.0.113.7:443", "many", "100 % failed"],
  ])("%s -> %s is %s", (source, destination, name, label) => {
    expect(edgeLook(edge(source, destination), "errors")).toEqual({ name, label });
  });

  it("failures that only the destination saw still colour the edge, and say whose they are", () => {
    expect(edgeLook(edge("shop/orders", "stock/inventory"), "errors")).toEqual({ name: "few", label: "0.4 % failed (dst)" });
  });

  it("an edge without any report is no data, never healthy", () => {
    const silent = { ...edge("shop/gateway", "shop/cart"), source_report: null, destination_report: null };
    expect(edgeLook(silent, "errors")).toEqual({ name: "no_data", label: "no data" });
    expect(worstFailure(silent).reporter).toBeNull();
    expect(levelOf(0, 0)).toBe("no_data");
  });
});

describe("edges coloured by mTLS", () => {
  it.each([
    ["shop/checkout", "stock/inventory", "mutual_both", ""],
    ["stock/inventory", "stock/pricing", "mutual_one", "one side"],
    ["shop/orders", "legacy/billing", "tls", "one-way TLS"],
    ["stock/pricing", "stock/redis", "tls_unobserved", "client unobserved"],
    ["legacy/cron", "stock/inventory", "plaintext", "PLAINTEXT"],
    ["shop/orders", "stock/inventory", "disagreement", "disagree"],
    ["legacy/billing", "203.0.113.7:443", "unknown", "unknown"],
  ])("%s -> %s is %s", (source, destination, name, label) => {
    expect(edgeLook(edge(source, destination), "mtls")).toEqual({ name, label });
  });

  it("a side that never connected asserts nothing", () => {
    const one = edge("shop/checkout", "stock/inventory");
    const security = { ...one.security, source: { mutual_tls: 0, tls: 0, application_tls: 0, plaintext: 0, unknown: 9 } };
    expect(edgeLook({ ...one, security }, "mtls").name).toBe("mutual_one");
  });

  it("TLS of the applications' own is neither plaintext nor proven, and says whom it asked for", () => {
    const one = edge("legacy/cron", "stock/inventory");
    const counts = { mutual_tls: 0, tls: 0, application_tls: 9, plaintext: 0, unknown: 0 };
    const statement = "TLS by the application, peer unproven";
    const security = { ...one.security, state: "application_tls" as const, statement, source: counts, server_names: ["api.example.com"] };
    expect(edgeLook({ ...one, security }, "mtls")).toEqual({ name: "application_tls", label: "TLS by the app" });
    expect(securityWords({ ...one, security })).toBe(statement);
    expect(toRow({ ...one, security }).insecure).toBe(false);
    expect(panelModel({ ...one, security }, []).security.words).toBe(`${statement}; asked for api.example.com`);
  });

  it("says in words what the colour says", () => {
    expect(securityWords(edge("legacy/cron", "stock/inventory"))).toBe("PLAINTEXT, one side");
    expect(securityWords(edge("shop/checkout", "stock/inventory"))).toBe("both sides");
    expect(securityWords(edge("shop/orders", "legacy/billing"))).toBe("TLS, no client certificate, both sides");
    expect(securityWords(edge("shop/orders", "stock/inventory"))).toBe("DISAGREEMENT, the source says plaintext; the destination says mutual TLS");
    expect(securityWords(edge("stock/pricing", "stock/redis"))).toBe("TLS, client authentication unobserved");
  });
});

describe("looks", () => {
  it("no two of a legend differ by colour alone", () => {
    for (const names of Object.values(LEGEND)) {
      const shapes = names.map((name) => `${LOOKS[name].width} ${LOOKS[name].line}`);
      expect(new Set(shapes).size).toBe(shapes.length);
    }
  });

  it("every look that is not grey carries words on its line", () => {
    for (const e of fixture().edges) {
      for (const mode of ["errors", "mtls"] as const) {
        const { name, label } = edgeLook(e, mode);
        expect(LOOKS[name].colour === "--edge-ok" || label !== "").toBe(true);
      }
    }
  });

  it("merged edges show the worst of them, and how many are like it", () => {
    expect(mergedLook(fixture().edges, "mtls")).toEqual({ name: "plaintext", label: "1 of 12" });
    expect(mergedLook([edge("shop/gateway", "shop/checkout")], "errors")).toEqual({ name: "healthy", label: "" });
  });
});

describe("who answered the failed ones", () => {
  it("the destination's numbers split upstream into application and proxy", () => {
    expect(failedAnswers(edge("shop/checkout", "stock/inventory"))).toBe("app 300, src proxy 4");
  });

  it("upstream stays upstream where the destination's numbers do not account for it", () => {
    const half = edge("shop/checkout", "stock/inventory");
    expect(failedAnswers({ ...half, destination_report: null })).toBe("upstream 300, src proxy 4");
  });

  it("a source that went away itself did not fail", () => {
    expect(failedAnswers(edge("shop/gateway", "shop/cart"))).toBe("app 1");
  });

  it("nobody failed reads -", () => expect(failedAnswers(edge("shop/gateway", "shop/checkout"))).toBe("-"));
});
