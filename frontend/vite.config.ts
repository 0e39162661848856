import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const platform = join(import.meta.dirname, "..", "platform");

/** Each page's stylesheet lies beside its template. */
function stylesheets(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("templates") && path.endsWith(".css"))
    .map((path) => join(folder, path));
}

export default defineConfig({
  base: "/static/",
  build: {
    manifest: true,
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: false,
    // The first browsers that know light-dark(), with which tokens.css states both themes at once.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    rolldownOptions: {
      // htmx carries an eval for a feature that app.ts turns off.
      checks: { eval: false },
      input: ["src/app.css", "src/app.ts", "src/trace.ts", ...stylesheets(platform)],
    },
  },
});
