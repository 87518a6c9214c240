// Large meshes stay readable (checks 12 and 13 of the page). How quick they are is measured by figures.mjs, for `make bench`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large } from "./fixture/mesh.mjs";
import { launch, onMesh } from "./pages.mjs";
import { searched } from "./searched.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("300 workloads are drawn as at most 60 boxes and 120 lines, and the rest is counted", () =>
  onMesh(browser, large(300), {}, async ({ page, held }) => {
    const stage = page.getByTestId("stage");
    await stage.waitFor();
    const [boxes, lines] = [Number(await stage.getAttribute("data-boxes")), Number(await stage.getAttribute("data-lines"))];
    assert.ok(boxes > 20 && boxes <= 60, `${boxes} boxes`);
    assert.ok(lines > 20 && lines <= 120, `${lines} lines`);
    const inLines = await page.getByTestId("line").evaluateAll((all) => all.reduce((sum, line) => sum + Number(line.dataset.edges), 0));
    const notes = (await page.getByTestId("rest").allInnerTexts()).map((text) => Number(text.replaceAll(",", "").match(/^\d+/)?.[0] ?? 0));
    assert.equal(inLines + notes.reduce((a, b) => a + b, 0), held.edges().length, "every edge is drawn or counted");
    const members = await page.getByTestId("lane").count();
    assert.equal(members, new Set(held.mesh.nodes.map(({ namespace }) => namespace)).size, "every namespace has a lane");
  }));

test("of 5,000 workloads at most 60 boxes are drawn, and the search opens each", () =>
  onMesh(browser, large(5000), {}, async ({ page }) => {
    await page.getByTestId("stage").waitFor();
    assert.ok(Number(await page.getByTestId("stage").getAttribute("data-boxes")) <= 60);
    for (const name of ["recommendations", "ledger", "gateway-v2"]) {
      await page.evaluate(searched, name);
      const opened = await page.locator("[data-testid=panel] [data-workload]").first().getAttribute("data-workload");
      assert.ok(opened.includes(name), `${opened} for ${name}`);
    }
  }));
