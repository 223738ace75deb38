// What `npm test` runs. A stage is one command; a command that is not mocha counts as one test.
import { basename, join, relative } from "node:path";
import { lentEnv } from "./lent-programs.mjs";
import { ROOT } from "./paths.mjs";
import { filesBelow } from "./stamp.mjs";
import { strippedEnv } from "./stripped.mjs";

const REPORTER = join(ROOT, ".ci/lib/mocha-reporter.cjs");

function mocha(name, files, limitSeconds, slowness = 1, env = {}) {
  const color = process.stdout.isTTY ? "--color" : "--no-color";
  const command = ["mocha", color, "--reporter", REPORTER, ...files.map((file) => relative(ROOT, file))];
  return {
    name,
    command,
    counts: true,
    files: files.length,
    limitSeconds: limitSeconds * slowness,
    env: { ...env, SLIPWAY_TEST_SLOWNESS: String(slowness) },
  };
}

/** The test files below a folder of test/, absolute. */
export const testsIn = (folder) => filesBelow(join(ROOT, "test", folder), (name) => name.endsWith(".test.ts"));

/** Before all others: some of them look at what it makes. */
export function buildStage() {
  return { name: "build", command: ["node", ".ci/build.mjs"], limitSeconds: 120 };
}

/** Independent of each other; run side by side, the longest first, their output shown when each ends. */
export function quickStages() {
  return [
    { name: "lint", command: ["eslint", "."], limitSeconds: 300 },
    mocha("unit", testsIn("unit"), 300),
    { name: "types", command: ["tsc", "-p", "."], limitSeconds: 120 },
    { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."], limitSeconds: 120 },
    { name: "types of pages", command: ["tsc", "-p", "extension/webviews/client"], limitSeconds: 120 },
    mocha("layers", [join(ROOT, "test/layers.test.ts")], 60),
    mocha("contract", testsIn("contract"), 300),
  ];
}

/** The first suite that needs the editor brings it: a gigabyte of packages, of which some are compiled. */
const EDITOR_LIMIT_SECONDS = 1500;
const limitOf = (folder) => (folder === "extension" ? EDITOR_LIMIT_SECONDS : 600);

/** One process a file: a suite that leaves something behind, or hangs, is known by its name. */
export function kernelStages() {
  return ["conformance", "integration", "fuzz", "extension"].flatMap((folder) =>
    testsIn(folder).map((file) => mocha(`${folder}/${basename(file, ".test.ts")}`, [file], limitOf(folder))),
  );
}

export const fileStages = (files) => files.map((file) => mocha(file, [file], limitIn(file)));

/** In a virtual machine; `slowness` multiplies every limit of time. */
export const insideStages = (files, slowness) =>
  files.map((file) => mocha(file, [file], limitIn(file), slowness, { ...strippedEnv(), ...lentEnv() }));

const limitIn = (file) => limitOf(file.includes("/extension/") ? "extension" : "");
