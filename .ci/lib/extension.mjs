// The extension: its bundle, the scripts of its pages, and the engine that it brings along.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DIST, ROOT } from "./paths.mjs";
import { filesBelow, fingerprint, once } from "./stamp.mjs";

export const EXTENSION = join(ROOT, "extension");
export const EXTENSION_DIST = join(EXTENSION, "dist");
const PAGES = join(EXTENSION_DIST, "pages");
/** It is read at the activation, before anything of it is used. */
const MAX_BUNDLE_BYTES = 500 * 1000;

/** The bundle is CommonJS, which every editor of `engines.vscode` loads; the SDK asks for its own place. */
const PLACE = {
  // The mark is where the bench begins to count.
  banner: {
    js: 'performance.mark("slipway/load"); const slipwayModuleUrl = require("node:url").pathToFileURL(__filename).href;',
  },
  footer: { js: 'performance.mark("slipway/loaded");' },
  define: { "import.meta.url": "slipwayModuleUrl" },
};

/** Only for engines on other machines, and more than half of the code: read from the disk when one is asked for. */
const remoteApart = {
  name: "remote-apart",
  setup(build) {
    build.onResolve({ filter: /\/remote-exchange\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./remote-exchange.cjs", external: true } : undefined,
    );
  },
};

const COMMON = { absWorkingDir: ROOT, bundle: true, minify: true, sourcemap: "external", logLevel: "warning" };

export async function buildExtension() {
  const sources = filesBelow(ROOT, (name) => /\.(ts|css|json)$/.test(name)).filter((path) =>
    /\/(sdk|extension)\//.test(path),
  );
  const inputs = [...sources, join(ROOT, "package-lock.json"), join(ROOT, ".ci/lib/extension.mjs")];
  const outputs = [join(EXTENSION_DIST, "extension.cjs"), join(PAGES, "log.js"), join(PAGES, "form.css")];
  return once("extension", fingerprint(inputs), outputs, async () => {
    const { build } = await import("esbuild");
    mkdirSync(PAGES, { recursive: true });
    await Promise.all([
      build({
        ...COMMON,
        ...PLACE,
        entryPoints: { extension: "extension/extension.ts", "remote-exchange": "sdk/transport/remote-exchange.ts" },
        outdir: EXTENSION_DIST,
        outExtension: { ".js": ".cjs" },
        plugins: [remoteApart],
        platform: "node",
        target: "node20",
        format: "cjs",
        external: ["vscode"],
      }),
      build({
        ...COMMON,
        entryPoints: ["extension/webviews/client/log.ts", "extension/webviews/client/form.ts"],
        outdir: PAGES,
        platform: "browser",
        target: "es2022",
        format: "iife",
      }),
    ]);
    for (const name of ["log.css", "form.css"])
      copyFileSync(join(EXTENSION, "webviews/client", name), join(PAGES, name));
    const bytes = statSync(outputs[0]).size;
    if (bytes > MAX_BUNDLE_BYTES) throw new Error(`extension.cjs has ${bytes} bytes, more than ${MAX_BUNDLE_BYTES}`);
  });
}

/** What of sdk/dist is the engine: the daemon, its workers and the shim. */
const isEngine = (name) => /^slipwayd.*\.js$|-worker\.js$|^slipway-shim$/.test(name);

/** Puts the engine beside the extension's bundle, where the SDK in it looks. Each file is new, so that one that runs stays whole. */
export function placeEngine() {
  for (const name of readdirSync(DIST).filter(isEngine)) {
    const [from, to] = [join(DIST, name), join(EXTENSION_DIST, name)];
    const there = statSync(to, { throwIfNoEntry: false });
    const wanted = statSync(from);
    if (there?.size === wanted.size && there.mtimeMs >= wanted.mtimeMs) continue;
    rmSync(to, { force: true });
    copyFileSync(from, to);
  }
}

export function extensionManifest() {
  return JSON.parse(readFileSync(join(EXTENSION, "package.json"), "utf8"));
}
