// The npm package `slipway`: what is in sdk/dist with a manifest of its own, packed, installed in an empty folder and started there.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BIN, DIST, NODE, ROOT } from "./paths.mjs";
import { run } from "./run.mjs";

/** The rest is in the bundles. koffi is native; the declarations name TypeBox. */
const KEPT_DEPENDENCIES = ["koffi", "@sinclair/typebox"];

export async function makePackage() {
  const manifest = JSON.parse(readFileSync(join(ROOT, "sdk/package.json"), "utf8"));
  const scratch = mkdtempSync(join(tmpdir(), "slipway-package-"));
  try {
    const stage = join(scratch, "package");
    mkdirSync(stage);
    cpSync(DIST, join(stage, "dist"), { recursive: true, filter: (path) => !path.endsWith(".map") });
    for (const name of ["README.md", "LICENSE", "CHANGELOG.md"]) cpSync(join(ROOT, name), join(stage, name));
    const dependencies = Object.fromEntries(
      Object.entries(manifest.dependencies).filter(([name]) => KEPT_DEPENDENCIES.includes(name)),
    );
    // The shim is compiled for this CPU, and node:sqlite and the kernel interface are Linux's.
    const published = {
      ...manifest,
      dependencies,
      os: ["linux"],
      cpu: [process.arch],
      files: ["dist", "CHANGELOG.md"],
    };
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
    await run("npm", ["pack", "--pack-destination", ROOT], { cwd: stage });
    const tarball = join(ROOT, `${manifest.name}-${manifest.version}.tgz`);
    await tryOut(tarball, scratch);
    console.log(`packed ${tarball}; it installs and starts in an empty folder`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function tryOut(tarball, scratch) {
  const cwd = join(scratch, "empty");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), '{"private":true,"type":"module"}\n');
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], { cwd });
  const daemon = await run(NODE, ["node_modules/.bin/slipway", "daemon", "--version"], { cwd });
  if (!/\d+\.\d+/.test(daemon)) throw new Error(`slipway daemon --version printed ${daemon}`);
  if (process.getuid() !== 0) return console.log("not root: the start was not tried");
  // With the types that are published, as a consumer's compiler sees them.
  const program = `import { Engine } from "slipway";
await using engine = await Engine.start();
const version = await engine.version();
console.log("started", version.Version);
`;
  writeFileSync(join(cwd, "try.ts"), program);
  const options = [
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--lib",
    "es2024,esnext.disposable",
    "--strict",
    "--skipLibCheck",
  ];
  await run(
    join(BIN, "tsc"),
    [...options, "--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node", "try.ts"],
    { cwd },
  );
  const started = await run(NODE, ["try.ts"], { cwd });
  if (!started.includes("started")) throw new Error(`Engine.start() printed ${started}`);
}
