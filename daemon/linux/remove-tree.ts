import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import { type CPath, cPath } from "./c-path.ts";
import { removeDirectoryAt, renameAt, unlinkAt } from "./entries.ts";
import { OPEN } from "./open-flags.ts";
import { entriesOf, withDirectory } from "./walk-tree.ts";

/** Asked before each name; throwing stops the walk. */
export type BeforeEach = () => void;

/** Each level holds a descriptor and some stack. What lies deeper is moved up first: a container can make trees of any depth. */
const DEPTH_MAX = 64;

/**
 * Removes a name in an open directory and all below it, never following a link. Idempotent. Synchronous: for a worker, or
 * with a budget.
 */
export function removeTreeAt(directory: number, path: CPath, beforeEach: BeforeEach = () => undefined): void {
  beforeEach();
  if (unlinked(directory, path)) return;
  withDirectory({ directory, path }, (top) => {
    while (emptied(top, top, 1, beforeEach) > 0);
  });
  removeDirectoryAt(directory, path);
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

/** @returns how many trees were moved to `top`, where they wait for the next round. */
function emptied(directory: number, top: number, depth: number, beforeEach: BeforeEach): number {
  let moved = 0;
  for (const entry of entriesOf(directory)) {
    beforeEach();
    if (unlinked(directory, entry.path)) continue;
    if (depth === DEPTH_MAX) {
      renameAt(directory, entry.path, top, cPath(newId()));
      moved += 1;
    } else {
      moved += withDirectory(entry, (inside) => emptied(inside, top, depth + 1, beforeEach));
      removeDirectoryAt(directory, entry.path);
    }
  }
  return moved;
}

/** @returns false for a directory. */
function unlinked(directory: number, path: CPath): boolean {
  try {
    unlinkAt(directory, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    if (errnoOf(error) === "EISDIR") return false;
    throw error;
  }
}
