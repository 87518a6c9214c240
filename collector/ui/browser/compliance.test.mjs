// What policies say, on the page: the API's numbers with what they rest on, nothing that was not seen looks kept, and every violating edge is a link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { small } from "./fixture/mesh.mjs";
import { complete, eventually, launch, onMesh } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const text = async (locator) => (await locator.innerText()).replaceAll(/\s+/g, " ");

test("each policy has its state, its rate and its floor with numerator and denominator, up to where nothing changes any more", () =>
  onMesh(browser, small(), { query: "?view=compliance", before: (held) => (held.lost = 10) }, async ({ page, server }) => {
    await complete(page);
    const asked = server.asked.find((name) => name.startsWith("api/v1/compliance?"));
    const [to, sealed] = await Promise.all([new URLSearchParams(asked.split("?")[1]).get("to"), page.evaluate(() => fetch("api/v1/graph?since=5m").then((answer) => answer.json()).then((graph) => graph.sealed_to))]);
    assert.ok(Date.parse(to) <= Date.parse(sealed), `${to} ${sealed}`);
    const rows = page.getByTestId("policy");
    assert.deepEqual(await rows.evaluateAll((all) => all.map(({ dataset }) => [dataset.policy, dataset.verdict])), [["mutual-tls", "violating"], ["no-batch", "not_proven"]]);
    assert.match(await text(rows.first()), /violating 99\.759 % 64,404 \/ 64,559 5,390 undecidable 92\.059 % 64,404 \/ 69,959 100 % 994 \/ 994 99\.003 % 994 \/ 1,004 1 of 12$/);
    assert.match(await text(rows.nth(1)), /not proven not proven: nothing that it speaks of was seen none decided none seen none decided none seen 0 of 0$/);
    assert.match(await text(page.getByTestId("rests")), /Proxies 11\/11; time covered .* of .* s; 0 batches lost with 10 exchanges, 0 refused\./);
    await page.getByTestId("tools").click();
    assert.match(await page.getByTestId("command").innerText(), /^hogusu compliance --policy DIR --since 5m --url /);
  }));

test("the violating edges of a policy are in its address, and each leads to what both ends say of it", () =>
  onMesh(browser, small(), { query: "?view=compliance" }, async ({ page, held }) => {
    await complete(page);
    await page.getByTestId("policy").first().getByRole("link").press("Enter");
    const violating = page.getByTestId("violating");
    await violating.first().waitFor();
    assert.equal(new URL(page.url()).searchParams.get("policy"), "mutual-tls");
    await page.goto(page.url());
    await violating.first().waitFor();
    const edge = held.edges().find(({ security }) => security === "plaintext");
    assert.deepEqual(await violating.evaluateAll((all) => all.map(({ dataset }) => dataset.edge)), [edge.id]);
    assert.equal(await text(violating.first()), "legacy/cron -> stock/inventory:8080: 155 plaintext");
    await violating.first().getByRole("link").press("Enter");
    await page.locator(`article[data-edge-id="${edge.id}"]`).first().waitFor();
    await page.goto(new URL("?view=compliance&policy=none", page.url()).href);
    await eventually("it is said that there is none", () => page.getByTestId("no-policy").innerText(), (said) => said === "No policy of the collector is called none.");
  }));

test("a silent proxy makes a policy without violations not proven, and a collector without policies is said to have none", () =>
  onMesh(
    browser,
    { ...small(), edges: small().edges.filter(({ security }) => security === "mutual_tls") },
    { query: "?view=compliance&policy=mutual-tls", allowed: (said) => said.includes("404"), before: (held) => held.silent.push("stock/pricing") },
    async ({ page, held }) => {
      await complete(page);
      assert.match(await text(page.getByTestId("policy").first()), /not proven not proven: silent proxies: stock\/pricing/);
      assert.equal(await page.getByTestId("none").innerText(), "No edge violates mutual-tls in this period, as far as it was seen, which was not all.");
      held.refuses["api/v1/compliance"] = { status: 404, message: "this collector judges by no policies" };
      await page.goto(new URL("?view=compliance", page.url()).href);
      await eventually("it is said", () => page.getByTestId("refused").innerText(), (said) => said === "Not answered: this collector judges by no policies.");
    },
  ));
