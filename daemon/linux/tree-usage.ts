import { closeSync, openSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { OPEN } from "./open-flags.ts";
import type { BeforeEach } from "./remove-tree.ts";
import { entriesOf, statAt, withDirectory } from "./walk-tree.ts";

export interface TreeUsage {
  /** Length of all files, a file with several names once; what Docker shows as size. */
  readonly bytes: number;
  readonly inodes: number;
}

/** What lies below a directory, itself counted. What vanishes meanwhile counts nothing; a directory that is missing is empty. */
export function treeUsage(path: string, beforeEach: BeforeEach = () => undefined): TreeUsage {
  const seen = new Set<string>();
  let bytes = 0;
  let inodes = 1;
  const walk = (directory: number): void => {
    for (const entry of entriesOf(directory)) {
      beforeEach();
      try {
        const { dev, ino, nlink, size } = statAt(directory, entry.name);
        if (entry.isDirectory) withDirectory(entry, walk);
        else if (nlink > 1 && seen.size === seen.add(`${dev}:${ino}`).size) continue;
        else bytes += size;
        inodes += 1;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
      }
    }
  };
  try {
    const root = openSync(path, OPEN.read | OPEN.directory);
    try {
      walk(root);
    } finally {
      closeSync(root);
    }
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return { bytes: 0, inodes: 0 };
  }
  return { bytes, inodes };
}
