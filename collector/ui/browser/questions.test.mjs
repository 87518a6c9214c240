// The six questions of docs/questions.md, walked on the page: each is answered within three clicks from the map, by the path that stands
// there, and by the command that is offered beside the answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { small } from "./fixture/mesh.mjs";
import { eventually, launch, onMesh } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Walks from the map's beginning: `click` counts; `command` is what is offered at the end. */
function walk(question, most, act) {
  test(`${question} within ${most} ${most === 1 ? "click" : "clicks"}`, () =>
    onMesh(browser, small(), {}, async ({ page, held }) => {
      await page.getByTestId("finding").first().waitFor();
      let clicks = 0;
      const click = async (target) => {
        clicks += 1;
        await target.click();
      };
      const command = async () => {
        await page.getByTestId("tools").click();
        return (await page.getByTestId("command").innerText()).replace(/ --url \S+$/, "");
      };
      await act({ page, held, click, command });
      assert.ok(clicks <= most && clicks <= 3, `${clicks} clicks`);
    }));
}

walk("what is worst", 1, async ({ page, held, click, command }) => {
  await click(page.getByTestId("finding").first().getByRole("link"));
  await page.locator(`[data-testid=panel] article[data-edge-id="${held.edges()[0].id}"] .evidence`).waitFor();
  assert.equal(await command(), `hogusu series ${held.edges()[0].id} --since 5m`);
});

walk("why is it slow", 2, async ({ page, held, click, command }) => {
  const slow = held.edges().find(({ finding }) => finding === "slowness");
  await click(page.locator('[data-kind="slowness"]').getByRole("link"));
  const panel = page.locator(`[data-testid=panel] article[data-edge-id="${slow.id}"]`);
  await panel.getByRole("row", { name: "P99 402 ms 402 ms" }).waitFor();
  await click(panel.getByRole("link", { name: "Whole page" }));
  await page.getByTestId("strips").waitFor();
  // Both reporters beside each other on one scale: the slow quantile is warmer than the usual one at each of both.
  for (const reporter of ["source", "destination"]) {
    const warmth = (quantile) => page.getByTestId(`heat-${reporter}`).locator(`[data-quantile=${quantile}]`).evaluateAll((all) => all.map((cell) => Number(cell.getAttribute("class").match(/w(\d)/)[1])));
    const [usual, slow] = [await warmth("p50_s"), await warmth("p99_s")];
    assert.ok(usual.length === slow.length && usual.length > 20 && slow.every((level, i) => level > usual[i]), `${usual} ${slow}`);
  }
  assert.equal(await command(), `hogusu series ${slow.id} --since 5m`);
});

walk("what breaks if this dies", 2, async ({ page, click, command }) => {
  await click(page.locator('[data-box="stock/inventory"]'));
  await click(page.getByTestId("part-impact"));
  await eventually("the answer", () => page.getByTestId("impact-sum").innerText(), (text) => text === "2 entry points are hit: 1 certainly, 1 possibly.");
  assert.equal(await command(), "hogusu impact stock/inventory --since 5m");
});

walk("is everything encrypted", 1, async ({ page, click, command }) => {
  await click(page.getByTestId("colour-mtls"));
  await eventually("the answer", () => page.getByTestId("legend").innerText(), (text) => text.startsWith("10 of 12 edges mutual TLS"));
  await page.getByTestId("label").filter({ hasText: "PLAINTEXT" }).waitFor();
  assert.equal(await command(), "hogusu map --all --since 5m");
});

walk("what changed since yesterday", 2, async ({ page, held, click, command }) => {
  await click(page.getByRole("link", { name: "Compare" }));
  await click(page.getByRole("button", { name: "last 24 hours with the day before" }));
  await page.locator(`[data-testid=diff-row][data-edge-id="${held.edges()[0].id}"][data-words=removed]`).waitFor();
  assert.match(await command(), /^hogusu diff \S+\/\S+ \S+\/\S+$/);
});

walk("what do we decouple first", 2, async ({ page, held, click, command }) => {
  await click(page.getByRole("link", { name: "Coupling" }));
  const first = page.getByTestId("link").first();
  assert.match(await first.innerText(), /610 of 11400 of its requests failed/);
  await click(first.getByRole("link"));
  await page.locator(`[data-testid=panel] article[data-edge-id="${held.edges()[3].id}"]`).waitFor();
  await page.goBack();
  await first.waitFor();
  assert.equal(await command(), "hogusu coupling --since 5m");
});
