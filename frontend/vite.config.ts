import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const platform = join(import.meta.dirname, "..", "platform");

/** Each page's stylesheet lies beside its template. */
function stylesheets(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("templates") && path.endsWith(".css"))
    .map((path) => join(folder, path));
}

/** The server sends `x.js.gz` in place of `x.js` to browsers that take it. */
function compressed(): Plugin {
  return {
    name: "compressed",
    writeBundle({ dir = "dist" }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))) {
        const path = join(dir, name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [compressed()],
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
