// The build of the page. Everything is a file of its own origin: no data: URLs, no inline script,
// so that the collector can serve it under `default-src 'self'`.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": process.env["HOGUSU_URL"] ?? "http://127.0.0.1:7070" } },
});
