// Bundles every widget: one entry is one stem with both a .ts and a .css file in this folder.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const files = new Set(readdirSync(here));
const stems = [...files]
  .filter((name) => name.endsWith(".css") && files.has(name.replace(/\.css$/, ".ts")))
  .map((name) => name.replace(/\.css$/, ""));

const options = {
  absWorkingDir: here,
  entryPoints: stems.flatMap((stem) => [`${stem}.ts`, `${stem}.css`]),
  outdir: join(here, "..", "lumen_widgets", "static"),
  bundle: true,
  // anywidget loads each bundle as one ES module from a blob URL: it can import nothing
  format: "esm",
  target: "es2022",
  minify: true,
  // a widget's state is saved with its source: a map would double it
  sourcemap: false,
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
