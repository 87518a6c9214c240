// The build of the page. Everything is a file of its own origin: no data: URLs, no inline script or style, so that the collector can
// serve it under a policy that allows nothing else.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
  },
  server: { proxy: { "/api": process.env["HOGUSU_URL"] ?? "http://127.0.0.1:7070" } },
});
