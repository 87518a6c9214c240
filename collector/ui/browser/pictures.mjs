// The pictures in docs/images that are of made-up meshes, taken anew: `npm run pictures` after the page looks otherwise. No test:
// whether a picture shows what its page says of it, somebody must look.

import { fileURLToPath } from "node:url";
import { large, small } from "./fixture/mesh.mjs";
import { complete, launch, onMesh } from "./pages.mjs";

const edge = small().edges[1].id;
const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const PICTURES = {
  map: { mesh: small(), query: `?edge=${edge}` },
  "map-dark": { mesh: small(), query: "?mode=mtls", scheme: "dark", silent: ["stock/pricing"] },
  "map-300": { mesh: large(300), query: "" },
  edge: { mesh: small(), query: `?view=edge&edge=${edge}`, height: 1100 },
  impact: { mesh: small(), query: "?workload=stock/inventory&part=impact", height: 860 },
  coupling: { mesh: small(), query: "?view=coupling", height: 860 },
  compare: { mesh: small(), query: "?view=compare&a=before-cut-over", height: 1350 },
};

const browser = await launch();
try {
  for (const [name, { mesh, query, scheme = "light", height = 900, silent = [] }] of Object.entries(PICTURES)) {
    const context = { viewport: { width: 1440, height }, colorScheme: scheme };
    const before = (held) => held.silent.push(...silent);
    await onMesh(browser, mesh, { query, context, before }, async ({ page }) => {
      await complete(page);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: `${folder}${name}.png` });
    });
  }
} finally {
  await browser.close();
}
