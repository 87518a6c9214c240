// Nothing moves by itself (checks 3, 4, 5 and 6 of the page), and an address shows the same picture (2).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large, small, workload } from "./fixture/mesh.mjs";
import { boxes, eventually, launch, onMesh, refreshed } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("ten refreshes with new numbers move no box", () =>
  onMesh(browser, small(), {}, async ({ page, held, server }) => {
    await page.getByTestId("box").first().waitFor();
    const first = await boxes(page);
    for (let i = 1; i <= 10; i += 1) {
      held.factor = 1 + i * 3;
      await refreshed(page, server);
      assert.deepEqual(await boxes(page), first, `refresh ${i}`);
    }
    const rows = await page.locator(".findings .text").allInnerTexts();
    assert.ok(rows.some((text) => text.includes("372,124")), `the numbers are new: ${rows}`);
  }));

test("a workload that is added moves nothing until a button is pressed; one that goes and comes back has its place", () =>
  onMesh(browser, small(), {}, async ({ page, held, server }) => {
    await page.getByTestId("box").first().waitFor();
    const first = await boxes(page);
    const checkout = held.mesh.nodes.find(({ label }) => label === "shop/checkout");
    const added = { ...held.mesh.edges[4], id: "00000000000000aa", source: checkout, destination: workload("stock", "vouchers") };
    held.mesh = { ...held.mesh, edges: [...held.mesh.edges, added] };
    await refreshed(page, server);
    await page.getByTestId("new").waitFor();
    assert.equal(await page.getByTestId("new").innerText(), "1 new workload: show");
    assert.deepEqual(await boxes(page), first, "the others moved by 0 px");
    await page.getByTestId("new").click();
    await page.locator('[data-box="stock/vouchers"]').waitFor();

    const whole = await boxes(page);
    held.gone.add("data/redis");
    await refreshed(page, server);
    assert.deepEqual(await boxes(page), whole, "its place is kept");
    assert.ok((await page.locator('[data-box="data/redis"]').getAttribute("aria-label")).includes("not seen in this period"));
    held.gone.clear();
    await refreshed(page, server);
    assert.deepEqual(await boxes(page), whole, "it is back in its place");
  }));

test("two browsers see the same places, and so does one that starts again", () =>
  onMesh(browser, large(300), {}, async ({ page, held, server }) => {
    await page.getByTestId("box").first().waitFor();
    const first = await boxes(page);
    held.factor = 7;
    const other = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const second = await other.newPage();
    await second.goto(server.url);
    await second.getByTestId("box").first().waitFor();
    assert.deepEqual(await boxes(second), first);
    await other.close();
    await page.reload();
    await page.getByTestId("box").first().waitFor();
    assert.deepEqual(await boxes(page), first);
  }));

test("places are the collector's where it keeps them, and of another epoch the page says so", () => {
  const keep = (epoch) => (nodes, text) => ({
    placing: { epoch, began_with: nodes.length, added: 0, lanes: { cluster: nodes.map(() => text("c1")), namespace: nodes.map(({ namespace }) => text(namespace)), place: nodes.map(({ namespace }) => -namespace.length - namespace.charCodeAt(1) / 1000) } },
    places: { lane: nodes.map((_, i) => i), column: nodes.map(({ name }) => (name === "frontend" ? -2 : 3)), row: nodes.map(({ name }) => name.charCodeAt(0) + name.charCodeAt(1) / 1000) },
  });
  return onMesh(browser, small(), { before: (held) => (held.places = keep("one")) }, async ({ page, held, server }) => {
    await page.getByTestId("box").first().waitFor();
    const lanes = await page.getByTestId("lane").evaluateAll((all) => all.map((lane) => lane.dataset.lane));
    const order = (name) => -name.length - name.charCodeAt(1) / 1000;
    const named = lanes.filter((name) => !name.includes(" "));
    assert.deepEqual(named, [...named].sort((a, b) => order(a) - order(b)));
    const across = await page.getByTestId("box").evaluateAll((all) => all.map((box) => [box.dataset.box, box.getAttribute("transform").match(/\d+/)[0]]));
    assert.equal(new Set(across.map(([, x]) => x)).size, 2, "columns are packed");
    await page.locator('[data-box="shop/frontend"]').click();
    assert.match(page.url(), /epoch=one/);
    held.places = keep("two");
    await refreshed(page, server);
    await page.getByText("laid out anew since this address was copied").waitFor();
  });
});

test("a copied address gives the same picture, panel and focus", () =>
  onMesh(browser, small(), {}, async ({ page, opened }) => {
    await page.locator('[data-box="shop/checkout"]').click();
    await page.locator('[data-workload="shop/checkout"] h2').waitFor();
    await page.keyboard.press("m");
    await page.getByRole("button", { name: "Zoom in" }).click();
    await eventually("the address has the place", () => page.url(), (url) => url.includes("at="));
    await page.locator('[data-box="shop/checkout"]').focus();
    const there = await boxes(page);
    const copy = await opened.newPage();
    await copy.goto(page.url());
    await copy.locator('[data-workload="shop/checkout"] h2').waitFor();
    assert.deepEqual(await boxes(copy), there);
    assert.equal(await copy.getByTestId("colour-mtls").getAttribute("aria-pressed"), "true");
    assert.equal(await copy.evaluate(() => document.activeElement?.dataset.box), "shop/checkout");
  }));
