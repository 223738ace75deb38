// The shim is one static binary: compiled here, prebuilt in the published package.
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { DIST, ROOT } from "./paths.mjs";
import { run } from "./run.mjs";
import { filesBelow, fingerprint, once } from "./stamp.mjs";

const SOURCE = join(ROOT, "daemon/shim");
export const SHIM = join(DIST, "slipway-shim");

export async function buildShim() {
  const inputs = filesBelow(SOURCE, (name) => /^Makefile$|\.[ch]$/.test(name));
  return once("shim", fingerprint(inputs, process.arch), [SHIM], async () => {
    mkdirSync(DIST, { recursive: true });
    await run("make", ["-C", SOURCE, `OUT=${SHIM}`]);
  });
}
