import { errnoOf } from "../base/errors.ts";
import { describeDirectory } from "./copy-tree.ts";
import { renameAt } from "./entries.ts";
import type { BeforeEach } from "./remove-tree.ts";
import { factsOf } from "./statx.ts";
import { type WalkEntry, entriesOf, withDirectory } from "./walk-tree.ts";

/**
 * Moves what is in one open directory into another of the same file system. What has the name there already is left alone;
 * directories on both sides are merged. Each name appears whole, with all below it, or not at all.
 * What could not be moved stays in `source`.
 */
export function mergeTree(source: number, target: number, beforeEach: BeforeEach): void {
  const facts = factsOf(source); // moving things out of it changes its time
  for (const entry of entriesOf(source)) {
    beforeEach();
    if (!moved(entry, target) && entry.isDirectory) below(entry, target, beforeEach);
  }
  describeDirectory(source, target, facts);
}

function moved(entry: WalkEntry, target: number): boolean {
  try {
    renameAt(entry.directory, entry.path, target, entry.path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

function below(entry: WalkEntry, target: number, beforeEach: BeforeEach): void {
  try {
    withDirectory(entry, (source) =>
      withDirectory({ directory: target, path: entry.path }, (inside) => mergeTree(source, inside, beforeEach)),
    );
  } catch (error) {
    // Something that is no directory has the name in the target.
    if (errnoOf(error) !== "ENOTDIR" && errnoOf(error) !== "ELOOP") throw error;
  }
}
