/** The table, on the screen and in a file. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, hostname, release } from "node:os";
import { join } from "node:path";
import { ROOT } from "../support/source-tree.ts";
import type { Row } from "./cases.ts";

const RESULTS = join(ROOT, "test/bench/results");

export function table(rows: readonly Row[], engines: readonly string[]): string {
  const [ours = "", ...others] = engines;
  const head = ["work", ...engines, ...others.map((name) => `ratio to ${name}`), "to reach"];
  const lines = rows.map(({ work, unit, values, bar }) => [
    `\`${work}\``,
    ...engines.map((name) => amount(values[name], unit)),
    ...others.map((name) => ratio(values[ours], values[name])),
    bar,
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const amount = (value: number | undefined, unit: string): string =>
  value === undefined ? "" : `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`;

const ratio = (ours: number | undefined, theirs: number | undefined): string =>
  ours === undefined || theirs === undefined ? "" : (ours / theirs).toFixed(2);

/** @returns the path of the Markdown file; the JSON stands beside it */
export function writeResults(rows: readonly Row[], engines: readonly string[], runs: number): string {
  const facts = {
    date: new Date().toISOString(),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim(),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? arch()}, Linux ${release()}`,
    runs,
  };
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${facts.date.slice(0, 10)}-${hostname()}`);
  const intro = `${facts.date}, commit ${facts.commit}, ${facts.machine}, median of ${runs} runs in turns through the same docker CLI.`;
  writeFileSync(`${path}.md`, `# Bench\n\n${intro}\n\n${table(rows, engines)}\n`);
  writeFileSync(`${path}.json`, `${JSON.stringify({ ...facts, engines, rows }, null, 2)}\n`);
  return `${path}.md`;
}
