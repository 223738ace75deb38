import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf } from "../base/errors.ts";
import { type CPath, cPath } from "./c-path.ts";
import { removeDirectoryAt, unlinkAt } from "./entries.ts";
import { OPEN } from "./open-flags.ts";
import { entriesOf, withDirectory } from "./walk-tree.ts";

/** Asked before each name; throwing stops the walk. */
export type BeforeEach = () => void;

/**
 * Removes a name in an open directory and all below it, never following a link. Idempotent. Synchronous: for a worker, or
 * with a budget.
 */
export function removeTreeAt(directory: number, path: CPath, beforeEach: BeforeEach = () => undefined): void {
  beforeEach();
  try {
    unlinkAt(directory, path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    if (errnoOf(error) !== "EISDIR") throw error;
    withDirectory({ directory, path }, (inside) => {
      for (const entry of entriesOf(inside)) removeTreeAt(inside, entry.path, beforeEach);
    });
    removeDirectoryAt(directory, path);
  }
}

/** The same for a path whose parent is the daemon's own. */
export function removeTree(path: string, beforeEach?: BeforeEach): void {
  const parent = openSync(dirname(path), OPEN.read | OPEN.directory);
  try {
    removeTreeAt(parent, cPath(basename(path)), beforeEach);
  } finally {
    closeSync(parent);
  }
}
