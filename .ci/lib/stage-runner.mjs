// Runs stages, shows what they print, and turns each into counts. Every stage runs, whatever came before it.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENV, ROOT } from "./paths.mjs";

/** @returns the results, in the order of the stages */
export async function runStages(stages, parallel) {
  const results = new Array(stages.length);
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < stages.length; index = next++) {
      results[index] = await runStage(stages[index], parallel > 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, stages.length) }, lane));
  return results;
}

async function runStage(stage, buffered) {
  const scratch = mkdtempSync(join(tmpdir(), "slipway-stage-"));
  const countsFile = join(scratch, "counts.json");
  const started = performance.now();
  if (!buffered) console.log(`\n=== ${stage.name}`);
  const { code, output } = await runCommand(stage, countsFile, buffered);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const counts = stage.counts === "printed" ? printedCounts(output, code) : countsOf(stage, countsFile, code);
  const result = { name: stage.name, ...counts };
  rmSync(scratch, { recursive: true, force: true });
  const verdict = result.failed > 0 ? "failed" : "ok";
  if (buffered && stage.live !== true)
    console.log(`=== ${stage.name}: ${verdict} (${seconds} s)${output === "" ? "" : `\n${output.trimEnd()}`}`);
  else console.log(`=== ${stage.name}: ${verdict}, ${result.passed} passed, ${result.failed} failed (${seconds} s)`);
  return result;
}

function runCommand(stage, countsFile, buffered) {
  const [command, ...args] = stage.command;
  return new Promise((resolve) => {
    const env = { ...ENV, ...stage.env, SLIPWAY_TEST_COUNTS: countsFile };
    const captured = buffered || stage.live === true;
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: captured ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let output = "";
    const shown = stage.live === true ? prefixed(stage.name) : () => {};
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
        shown(text);
      });
    const limit = setTimeout(() => {
      console.error(`${stage.name}: no end within ${stage.limitSeconds} s, killed`);
      child.kill("SIGKILL");
    }, stage.limitSeconds * 1000);
    child.on("error", (error) => (output += error.message));
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      // A program that crashed may have said nothing.
      if (signal !== null) console.error(`${stage.name}: ended by ${signal}`);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Shows whole lines as they come, each with the name of the stage that it is of. */
function prefixed(name) {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) console.log(`${name}| ${line}`);
  };
}

/** Of a command that ran elsewhere, and closes with its totals; several of them in a row are added. */
function printedCounts(output, code) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const line of output.split(/\r?\n/)) {
    const [, passed, failed] = /^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$/.exec(line) ?? [];
    if (passed === undefined) {
      if (line.startsWith("skipped: ")) counts.skipped.push(line.slice("skipped: ".length));
      continue;
    }
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  if (counts.failed === 0 && code !== 0) counts.failed = 1;
  return counts;
}

/** A runner that dies without its counts is one failure; one that exits badly after good counts (a leaked handle) too. */
function countsOf(stage, countsFile, code) {
  if (stage.counts !== true) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
  try {
    const counts = JSON.parse(readFileSync(countsFile, "utf8"));
    return { ...counts, failed: counts.failed === 0 && code !== 0 ? 1 : counts.failed };
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}
