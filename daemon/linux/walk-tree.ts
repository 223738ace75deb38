import { type Dirent, type Stats, closeSync, lstatSync, readdirSync } from "node:fs";
import { type CPath, cPathOfBytes } from "./c-path.ts";
import { openAt } from "./entries.ts";
import { OPEN } from "./open-flags.ts";

/** One name in an open directory. */
export interface WalkEntry {
  readonly directory: number;
  /** A byte string. */
  readonly name: string;
  readonly path: CPath;
  readonly isDirectory: boolean;
  /** A regular one. */
  readonly isFile: boolean;
}

/** Reads an open directory by descriptor: the names as byte strings, in the order of the file system. */
export function entriesOf(directory: number): readonly WalkEntry[] {
  const entries = readdirSync(`/proc/self/fd/${directory}`, { withFileTypes: true, encoding: "latin1" });
  return entries.map((entry) => new ReadEntry(directory, entry));
}

class ReadEntry implements WalkEntry {
  readonly directory: number;
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isFile: boolean;

  constructor(directory: number, entry: Dirent) {
    this.directory = directory;
    this.name = entry.name;
    this.isDirectory = entry.isDirectory();
    this.isFile = entry.isFile();
  }

  /** Of those alone that somebody touches. */
  get path(): CPath {
    return cPathOfBytes(this.name);
  }
}

/** `body` with an open descriptor of a directory entry, never through a link. */
export function withDirectory<R>(entry: Pick<WalkEntry, "directory" | "path">, body: (directory: number) => R): R {
  const fd = openAt(entry.directory, entry.path, OPEN.read | OPEN.directory);
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** lstat(2) of a name (a byte string) in an open directory. */
export function statAt(directory: number, name: string): Stats {
  return lstatSync(procPath(directory, name));
}

/** A name in an open directory as a path, for calls that know no descriptors. Valid in this process alone. */
export function procPath(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, "latin1");
}
