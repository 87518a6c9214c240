// What the browser's tests have in common: one Chromium, pages that tell of everything they must not do, waiting for conditions.

import { chromium } from "playwright-core";
import { serve, world } from "./fixture/server.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

/** Polls until `read` gives what is wanted; after 10 s says what was seen last. */
export async function eventually(what, read, wanted) {
  const deadline = Date.now() + 10_000;
  let last = "nothing";
  do {
    last = await read();
    if (wanted(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < deadline);
  throw new Error(`${what}; last seen: ${typeof last === "string" ? last : JSON.stringify(last)}`);
}

/** Everything the page does that it must not: errors, what the policy refused, other origins. */
export function watch(page, origin, allowed = () => false) {
  const trouble = [];
  const tell = (text) => !allowed(text) && trouble.push(text);
  page.on("console", (message) => message.type() === "error" && tell(`console error: ${message.text()}`));
  page.on("pageerror", (error) => tell(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== "blob:" && asked !== origin) tell(`request to another origin: ${request.url()}`);
  });
  return trouble;
}

/**
 * A page on a made-up mesh: `act` gets it with the world behind it. Fails also when the page did what it must not; `allowed` says of
 * which texts a test expects them. With `isTimed` the test moves the page's clock (`page.clock`).
 */
export async function onMesh(browser, mesh, { query = "", path = "/", context = {}, allowed, before, isTimed = false } = {}, act) {
  const held = world(mesh);
  before?.(held);
  const server = await serve(held, { path });
  const opened = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  try {
    const page = await opened.newPage();
    page.setDefaultTimeout(10_000);
    if (isTimed) await page.clock.install();
    const trouble = watch(page, new URL(server.url).origin, allowed);
    await page.goto(server.url + query);
    await act({ page, held, server, opened });
    if (trouble.length > 0) throw new Error(trouble.join("\n"));
  } finally {
    await opened.close();
    await server.close();
  }
}

/** Until everything that the view asks for was answered. */
export function complete(page) {
  return eventually("the view is complete", () => page.locator("main").innerText(), (text) => text !== "" && !/Asking|Comparing …|Opening …/.test(text));
}

/** Where every box of the picture is, in the picture's own pixels and on the screen. */
export function boxes(page) {
  return page.getByTestId("box").evaluateAll((all) =>
    Object.fromEntries(
      all.map((box) => {
        const { x, y } = box.getBoundingClientRect();
        return [box.dataset.box, `${box.getAttribute("transform")} ${Math.round(x)} ${Math.round(y)}`];
      }),
    ),
  );
}

/** A new slot at the collector, and the page's answer to it. */
export async function refreshed(page, server) {
  // A slot that begins while the page still asks, or before it listens, is none that it asks for.
  await eventually("the page has its first answers", () => page.getByTestId("slider").isEnabled(), Boolean);
  await eventually("the page listens", () => server.streams.size, (size) => size > 0);
  const asked = server.asked.length;
  server.tick();
  await eventually("the page asked for the new slot", () => server.asked.slice(asked).filter((name) => name.startsWith("api/v1/status")).length, (n) => n > 0);
  // What was answered is drawn in the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}
