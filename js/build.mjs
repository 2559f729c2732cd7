// Bundles every widget into lumen_widgets/static/, where Python reads NAME.js and NAME.css.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

// The name of each bundle, and its entry: ENTRY.ts and ENTRY.css.
const ENTRIES = {
  compare: "compare/index",
  gallery: "gallery/index",
  mask_painter: "mask_painter/index",
  prompt_form: "prompt_form/index",
  studio: "studio/index",
  task_panel: "task_panel/index",
};

const here = dirname(fileURLToPath(import.meta.url));

const options = {
  absWorkingDir: here,
  entryPoints: Object.entries(ENTRIES).flatMap(([name, entry]) => [
    { in: `${entry}.ts`, out: name },
    { in: `${entry}.css`, out: name },
  ]),
  outdir: join(here, "..", "lumen_widgets", "static"),
  bundle: true,
  // anywidget loads each bundle as one ES module from a blob URL: it can import nothing
  format: "esm",
  target: "es2022",
  minify: true,
  // Chinese as it is, in half the bytes of its escapes; anywidget reads the file as UTF-8
  charset: "utf8",
  // a widget's state is saved with its source: a map would double it
  sourcemap: false,
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
