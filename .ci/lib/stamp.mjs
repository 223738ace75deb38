// Work is skipped when its inputs are what they were: one SHA-256 over names and contents.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./paths.mjs";

const SKIPPED = new Set(["node_modules", "dist", "coverage", ".git"]);

/** Files below `folder` whose name `matches`, sorted. */
export function filesBelow(folder, matches) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path, matches));
    else if (matches(entry.name)) found.push(path);
  }
  return found.sort();
}

/** Hex SHA-256 of the files (names and contents) and of `extra`. */
export function fingerprint(files, extra = "") {
  const hash = createHash("sha256").update(extra);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * Runs `work` unless it was done for the same fingerprint and all `outputs` exist. The stamp is written after the work, so
 * work that was cut short is done again.
 * @returns {Promise<boolean>} whether there was work
 */
export async function once(name, print, outputs, work) {
  const stamp = join(CACHE, `${name}.stamp`);
  const done = existsSync(stamp) && readFileSync(stamp, "utf8") === print && outputs.every((path) => existsSync(path));
  if (done) return false;
  await work();
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, print);
  return true;
}
