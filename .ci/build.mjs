// build.mjs [--package] [--vsix]: bundles what is published into sdk/dist and compiles the shim. Skips what is up to date.
import { buildBundles } from "./lib/bundles.mjs";
import { buildExtension, placeEngine } from "./lib/extension.mjs";
import { buildShim } from "./lib/shim.mjs";
import { buildTypes } from "./lib/types.mjs";

const wantsPackage = process.argv.includes("--package");
const started = performance.now();
const parts = { bundles: buildBundles, shim: buildShim, types: buildTypes, extension: buildExtension };
const results = await Promise.allSettled(Object.values(parts).map((build) => build()));
const failed = results.filter((result) => result.status === "rejected");
for (const { reason } of failed) console.error(`build: ${reason.message}`);
if (failed.length > 0) process.exit(1);
placeEngine();
const built = Object.keys(parts).filter((_, index) => results[index].value === true);
if (built.length > 0) console.error(`built ${built.join(", ")} in ${Math.round(performance.now() - started)} ms`);
if (process.argv.includes("--vsix")) (await import("./lib/vsix.mjs")).makeVsix();
if (wantsPackage) await (await import("./lib/package.mjs")).makePackage();
