import { closeSync, openSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { cPathOfBytes } from "./c-path.ts";
import { OPEN } from "./open-flags.ts";
import type { BeforeEach } from "./remove-tree.ts";
import { RESOLVE, openIn } from "./rooted.ts";
import { entriesOf, statAt } from "./walk-tree.ts";

export interface TreeUsage {
  /** Length of all files, a file with several names once; what Docker shows as size. */
  readonly bytes: number;
  readonly inodes: number;
}

/** What changes while one looks: gone, replaced by something else, or so deep that no path leads there. */
const PASSED_OVER = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"]);

/** What lies below a directory, itself counted. A directory that is missing is empty. */
export function treeUsage(path: string, beforeEach: BeforeEach = () => undefined): TreeUsage {
  const root = orUndefined(() => openSync(path, OPEN.read | OPEN.directory));
  if (root === undefined) return { bytes: 0, inodes: 0 };
  const count = new Count();
  // A list of what is still to be read, and not a recursion: one directory is open at a time, whatever the depth.
  const waiting = ["."];
  try {
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const found of readDirectory(root, at, count, beforeEach)) waiting.push(found);
    }
  } finally {
    closeSync(root);
  }
  return { bytes: count.bytes, inodes: count.inodes };
}

class Count {
  readonly #seen = new Set<string>();
  bytes = 0;
  inodes = 1;

  add(directory: number, name: string): void {
    const { dev, ino, nlink, size } = statAt(directory, name);
    if (nlink > 1 && this.#seen.size === this.#seen.add(`${dev}:${ino}`).size) return;
    this.bytes += size;
    this.inodes += 1;
  }
}

/** @returns the directories in it, by path from the root. */
function readDirectory(root: number, at: string, count: Count, beforeEach: BeforeEach): readonly string[] {
  const flags = OPEN.read | OPEN.directory;
  const directory = orUndefined(() => openIn(root, cPathOfBytes(at), flags, 0, RESOLVE.noSymlinks));
  if (directory === undefined) return [];
  const found: string[] = [];
  try {
    for (const { name, isDirectory } of entriesOf(directory)) {
      beforeEach();
      if (!isDirectory) {
        orUndefined(() => count.add(directory, name));
        continue;
      }
      count.inodes += 1;
      found.push(`${at}/${name}`);
    }
  } finally {
    closeSync(directory);
  }
  return found;
}

function orUndefined<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch (error) {
    if (PASSED_OVER.has(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}
