// setup.mjs [--tests] [SCRIPT ARGS…]: brings what the workspace needs, then runs SCRIPT with Node 24.
// Plain JavaScript for Node 20: it runs before anything is installed, and takes a tenth of a second when nothing is to do.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { missingPackages } from "./lib/system-packages.mjs";
import { npmPackagesAreStale } from "./lib/npm-packages.mjs";
import { ENV, NODE, ROOT } from "./lib/paths.mjs";

function run(command, args, env = ENV) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env });
  if (error !== undefined || status !== 0) {
    console.error(`setup: ${command} ${args.join(" ")} failed${error === undefined ? "" : `: ${error.message}`}`);
    process.exit(status || 1);
  }
}

function bringSystemPackages(forTests) {
  const missing = missingPackages(forTests);
  if (missing.length === 0) return;
  const names = [...new Set(missing.map((each) => each.package))];
  console.error(`setup: missing: ${missing.map((each) => `${each.gives} (${each.package})`).join(", ")}`);
  if (process.getuid() !== 0) {
    console.error(`setup: install them with\n\n    sudo apt-get install --no-install-recommends ${names.join(" ")}\n`);
    process.exit(1);
  }
  const env = { ...ENV, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], env);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], env);
  const still = missingPackages(forTests);
  if (still.length === 0) return;
  console.error(`setup: still missing after the install: ${still.map((each) => each.gives).join(", ")}`);
  process.exit(1);
}

const args = process.argv.slice(2);
const forTests = args[0] === "--tests";
const [script, ...rest] = forTests ? args.slice(1) : args;

if (npmPackagesAreStale()) run("npm", ["ci", "--no-audit", "--no-fund"]);
bringSystemPackages(forTests);
if (script !== undefined) {
  const { status, signal } = spawnSync(NODE, [join(ROOT, script), ...rest], { stdio: "inherit", env: ENV });
  process.exit(status ?? (signal === "SIGINT" ? 130 : 143));
}
