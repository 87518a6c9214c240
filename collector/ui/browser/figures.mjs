// How quick the page is on large meshes, as figures for `make bench`: one line of JSON. No test, for a machine that is busy with
// something else fails nobody.

import { large } from "./fixture/mesh.mjs";
import { eventually, launch, onMesh } from "./pages.mjs";
import { searched } from "./searched.mjs";

const browser = await launch();
const figures = {};
try {
  await onMesh(browser, large(300), {}, async ({ page }) => {
    figures.drawn_300_ms = await drawn(page);
  });
  await onMesh(browser, large(5000), {}, async ({ page, server }) => {
    figures.drawn_5000_ms = await drawn(page);
    // A browser fetches what a panel needs while somebody looks at the map.
    await eventually("what a panel needs is there", () => server.asked.some((name) => name.startsWith("assets/details")), Boolean);
    const searches = [];
    for (const name of ["recommendations", "ledger", "gateway-v2"]) searches.push(await page.evaluate(searched, name));
    figures.search_ms = Math.max(...searches.map(({ took }) => took));
    figures.longest_task_ms = Math.max(0, ...searches.flatMap(({ long }) => long));
  });
} finally {
  await browser.close();
}
console.log(JSON.stringify(figures));

async function drawn(page) {
  await page.getByTestId("stage").waitFor();
  return Math.round(await page.evaluate(() => performance.now()));
}
