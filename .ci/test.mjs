// test.mjs [--fast | --inside FILE…] [FILE…]: every check of the project, one line of totals at the end.
// --inside: with the build that is there and ten times the time (a virtual machine).
import { availableParallelism } from "node:os";
import { report } from "./lib/totals.mjs";
import { buildStage, fileStages, insideStages, kernelStages, quickStages } from "./lib/stages.mjs";
import { runStages } from "./lib/stage-runner.mjs";

const args = process.argv.slice(2);
const inside = args.includes("--inside");
const fast = args.includes("--fast");
const SLOW = 10;
const files = args.filter((each) => !each.startsWith("--"));

const started = performance.now();
const results = [];
if (files.length > 0) results.push(...(await runStages(inside ? insideStages(files, SLOW) : fileStages(files), 1)));
else {
  results.push(...(await runStages([buildStage()], 1)));
  // These take all cores; what touches the kernel runs alone, so that a leak is the leak of one suite.
  results.push(...(await runStages(quickStages(), availableParallelism())));
  if (!fast) results.push(...(await runStages(kernelStages(), 1)));
}

process.exitCode = report(results, started);
