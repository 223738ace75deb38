/** A daemon that kills itself where it is told (kill-at.ts), in one file: forty of them start in a fifth of the time that its sources take. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { ROOT } from "./source-tree.ts";

/** Its workers and the shim are found from where the sources are. */
const placesOfSources: Plugin = {
  name: "places-of-sources",
  setup(plugin) {
    plugin.onLoad({ filter: /\/daemon\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: source.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)), loader: "ts" };
    });
  },
};

/** Inside the checkout, so that koffi, which is not in it, is found. @returns the program. */
export async function bundleKillableDaemon(): Promise<string> {
  const program = join(ROOT, "node_modules/.cache/slipway/killable-daemon.mjs");
  const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
  await build({
    absWorkingDir: ROOT,
    stdin: { contents: `import "./test/support/kill-at.ts"; import "./daemon/main.ts";`, resolveDir: ROOT },
    outfile: program,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["koffi"],
    banner: { js: banner },
    plugins: [placesOfSources],
    logLevel: "warning",
  });
  return program;
}
