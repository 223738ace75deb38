// What is published, bundled by esbuild: the SDK, the command, the daemon and its workers.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DIST, ROOT } from "./paths.mjs";
import { filesBelow, fingerprint, once } from "./stamp.mjs";

/** koffi loads a native library beside itself, so it stays a package of its own. */
const EXTERNAL = ["koffi"];

/** CommonJS packages inside an ES module ask for `require`. */
const BANNER = `import { createRequire as slipwayCreateRequire } from "node:module";
const require = slipwayCreateRequire(import.meta.url);`;

/** In the bundle every worker stands beside the daemon. */
const workersBeside = {
  name: "workers-beside",
  setup(build) {
    build.onLoad({ filter: /\/daemon\/.*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes("-worker.ts")) return undefined;
      const contents = source.replace(/(["'])[^"'\s]*?([a-z-]+-worker)\.ts\1/g, '"./$2.js"');
      return { contents, loader: "ts" };
    });
  },
};

/** A daemon that never asks a registry leaves undici, more than half of the code, on the disk. */
const undiciApart = {
  name: "undici-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/undici\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./slipwayd-undici.js", external: true } : undefined,
    );
  },
};

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "unknown"; // a tarball of the sources, without its history
  }
}

/** With `--`, as Node looks for its own `--env-file` behind the program's name too, where it is a flag of `slipway run`. */
function makeExecutable(path) {
  const text = readFileSync(path, "utf8");
  if (!text.startsWith("#!")) writeFileSync(path, `#!/usr/bin/env -S node --\n${text}`);
  chmodSync(path, 0o755);
}

export async function buildBundles() {
  const workers = filesBelow(join(ROOT, "daemon"), (name) => name.endsWith("-worker.ts"));
  const sources = filesBelow(ROOT, (name) => /\.(ts|json)$/.test(name)).filter((path) => /\/(sdk|daemon)\//.test(path));
  const inputs = [...sources, join(ROOT, "package-lock.json"), join(ROOT, ".ci/lib/bundles.mjs")];
  const version = JSON.parse(readFileSync(join(ROOT, "sdk/package.json"), "utf8")).version;
  const head = commit();
  const outputs = ["index.js", "slipway.js", "slipwayd.js"].map((name) => join(DIST, name));
  return once("bundles", fingerprint(inputs, head), outputs, async () => {
    const { build } = await import("esbuild");
    const common = {
      absWorkingDir: ROOT,
      outdir: DIST,
      bundle: true,
      platform: "node",
      target: "node24",
      format: "esm",
      external: EXTERNAL,
      banner: { js: BANNER },
      minifyWhitespace: true,
      minifySyntax: true,
      keepNames: false,
      sourcemap: "external",
      logLevel: "warning",
      plugins: [workersBeside, undiciApart],
      define: {
        "globalThis.SLIPWAY_VERSION": JSON.stringify(version),
        "globalThis.SLIPWAY_COMMIT": JSON.stringify(head),
        "globalThis.SLIPWAY_BUILD_TIME": JSON.stringify(new Date().toISOString()),
      },
    };
    // The daemon apart: what it needs at its start is one file, and nothing of it is shared with a program that embeds the SDK.
    const daemon = { slipwayd: "daemon/main.ts", "slipwayd-undici": "daemon/registry/undici.ts" };
    for (const worker of workers) daemon[basename(worker, ".ts")] = worker;
    rmSync(join(DIST, "chunks"), { recursive: true, force: true });
    await Promise.all([
      build({ ...common, entryPoints: daemon }),
      // The command loads only the file of the verb that it runs.
      build({
        ...common,
        entryPoints: { index: "sdk/index.ts", slipway: "sdk/cli/main.ts" },
        splitting: true,
        chunkNames: "chunks/[name]-[hash]",
      }),
    ]);
    for (const name of ["slipway.js", "slipwayd.js"]) makeExecutable(join(DIST, name));
  });
}
