import { type Stats, closeSync, fstatSync, ftruncateSync, lstatSync, readSync, writeSync } from "node:fs";
import { errnoOf } from "../base/errors.ts";
import { type CPath, cPath, cPathOfBytes } from "./c-path.ts";
import { type FileTime, nextData, own, setMode, setModified, setModifiedAt } from "./descriptors.ts";
import {
  TYPE,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  modeAt,
  openAt,
  ownAt,
  readLinkAt,
  renameAt,
  symlinkAt,
  unlinkAt,
} from "./entries.ts";
import { OPEN } from "./open-flags.ts";
import type { BeforeEach } from "./remove-tree.ts";
import { type WalkEntry, entriesOf, procPath, statAt, withDirectory } from "./walk-tree.ts";
import { isUnsupported, setXattrOf, xattrNames, xattrOf } from "./xattr.ts";

const COPY_BYTES = 1024 * 1024;
/** The overlay's own notes about a directory are not the directory's. */
const OVERLAY_XATTR = /^(trusted|user)\.overlay\./;

/**
 * Copies what is in an open directory into another: owners, modes, times, extended attributes, links hard and symbolic, devices,
 * holes. What has the name already is left alone, and a file appears whole or not at all: begun by one who was killed, it
 * can be done again. Synchronous: for a worker.
 */
export class TreeCopy {
  /** Holds the one file that is being written; on the file system of the target, outside of the tree. */
  readonly #staging: number;
  readonly #beforeEach: BeforeEach;
  /** Files with several names: where the first one went. */
  readonly #links = new Map<string, string>();
  readonly #buffer = Buffer.alloc(COPY_BYTES);
  readonly #root: number;

  constructor(deps: { readonly target: number; readonly staging: number; readonly beforeEach: BeforeEach }) {
    this.#root = deps.target;
    this.#staging = deps.staging;
    this.#beforeEach = deps.beforeEach;
  }

  /** The target directory itself takes owner, mode, times and attributes of `source` too. */
  run(source: number): void {
    this.#fill(source, this.#root, "");
    ignoring("ENOENT", () => unlinkAt(this.#staging, STAGED));
  }

  #fill(source: number, target: number, path: string): void {
    for (const entry of entriesOf(source)) {
      this.#beforeEach();
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory) this.#directory(entry, target, below);
      else this.#leaf(entry, target, below);
    }
    const stats = fstatSync(source);
    own(target, stats.uid, stats.gid);
    setMode(target, stats.mode & 0o7777);
    copyXattrs(Buffer.from(`/proc/self/fd/${source}/.`), Buffer.from(`/proc/self/fd/${target}/.`));
    // Last: what was put into it has changed it.
    setModified(target, modifiedOf(procPath(source, ".")));
  }

  #directory(entry: WalkEntry, target: number, path: string): void {
    ignoring("EEXIST", () => makeDirectoryAt(target, entry.path, 0o700));
    try {
      withDirectory(entry, (source) =>
        withDirectory({ directory: target, path: entry.path }, (below) => this.#fill(source, below, path)),
      );
    } catch (error) {
      // Something else has the name in the target: left alone.
      if (errnoOf(error) !== "ENOTDIR" && errnoOf(error) !== "ELOOP") throw error;
    }
  }

  #leaf(entry: WalkEntry, target: number, path: string): void {
    const stats = statAt(entry.directory, entry.name);
    const inode = `${stats.dev}:${stats.ino}`;
    const first = stats.nlink > 1 ? this.#links.get(inode) : undefined;
    if (first !== undefined)
      return void ignoring("EEXIST", () => linkAt(this.#root, cPathOfBytes(first), target, entry.path));
    this.#stage(entry, stats);
    ignoring("EEXIST", () => renameAt(this.#staging, STAGED, target, entry.path));
    if (stats.nlink > 1) this.#links.set(inode, path);
  }

  /** Makes the file under a name of its own, complete. */
  #stage(entry: WalkEntry, stats: Stats): void {
    ignoring("ENOENT", () => unlinkAt(this.#staging, STAGED));
    const type = stats.mode & TYPE.mask;
    if (type === TYPE.file) this.#file(entry, stats.size);
    else if (type === TYPE.symlink) symlinkAt(readLinkAt(entry.directory, entry.path), this.#staging, STAGED);
    else makeNodeAt(this.#staging, STAGED, type | 0o600, BigInt(stats.rdev));
    ownAt(this.#staging, STAGED, stats.uid, stats.gid);
    if (type !== TYPE.symlink) modeAt(this.#staging, STAGED, stats.mode & 0o7777);
    // After the owner: a change of owner takes file capabilities away.
    const source = procPath(entry.directory, entry.name);
    copyXattrs(source, procPath(this.#staging, STAGED_NAME));
    setModifiedAt(this.#staging, STAGED, modifiedOf(source));
  }

  #file(entry: WalkEntry, size: number): void {
    const from = openAt(entry.directory, entry.path, OPEN.read | OPEN.nonBlock);
    try {
      const to = openAt(this.#staging, STAGED, OPEN.write | OPEN.create | OPEN.exclusive, 0o600);
      try {
        this.#bytes(from, to);
        ftruncateSync(to, size);
      } finally {
        closeSync(to);
      }
    } finally {
      closeSync(from);
    }
  }

  #bytes(from: number, to: number): void {
    for (let extent = nextData(from, 0); extent !== undefined; extent = nextData(from, extent.end)) {
      for (let at = extent.start; at < extent.end;) {
        this.#beforeEach();
        const read = readSync(from, this.#buffer, 0, Math.min(COPY_BYTES, extent.end - at), at);
        if (read === 0) return;
        for (let done = 0; done < read;) done += writeSync(to, this.#buffer, done, read - done, at + done);
        at += read;
      }
    }
  }
}

const STAGED_NAME = "entry";
const STAGED: CPath = cPath(STAGED_NAME);

function ignoring(code: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (errnoOf(error) !== code) throw error;
  }
}

function copyXattrs(from: Buffer, to: Buffer): void {
  const [source, target] = [cPathOfBytes(from.toString("latin1")), cPathOfBytes(to.toString("latin1"))];
  for (const name of xattrNames(source)) {
    if (OVERLAY_XATTR.test(name)) continue;
    const value = xattrOf(source, cPathOfBytes(name));
    // A file system that has no attributes, or not these, still gets the file.
    if (value === undefined) continue;
    try {
      setXattrOf(target, cPathOfBytes(name), value);
    } catch (error) {
      if (!isUnsupported(errnoOf(error))) throw error;
    }
  }
}

function modifiedOf(path: Buffer): FileTime {
  const nanoseconds = lstatSync(path, { bigint: true }).mtimeNs;
  const seconds = nanoseconds / 1_000_000_000n - (nanoseconds % 1_000_000_000n < 0n ? 1n : 0n);
  return { seconds: Number(seconds), nanoseconds: Number(nanoseconds - seconds * 1_000_000_000n) };
}
