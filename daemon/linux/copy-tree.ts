import { closeSync, fchmodSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { posix } from "node:path";
import { errnoOf } from "../base/errors.ts";
import { type CPath, cPathOfBytes } from "./c-path.ts";
import { copyRange, nextData, own, setMode, setModified, setModifiedAt } from "./descriptors.ts";
import {
  TYPE,
  deviceNumber,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  modeAt,
  openAt,
  ownAt,
  readLinkAt,
  symlinkAt,
} from "./entries.ts";
import { OPEN } from "./open-flags.ts";
import type { BeforeEach } from "./remove-tree.ts";
import { withOpenIn } from "./rooted.ts";
import { type FileFacts, factsAt, factsOf } from "./statx.ts";
import { type WalkEntry, entriesOf, procPath, withDirectory } from "./walk-tree.ts";
import { copyXattrs, copyXattrsAt } from "./xattr.ts";

const BUFFER_BYTES = 1024 * 1024;

export interface TreeCopyDeps {
  /** An empty directory that nobody else writes to. */
  readonly target: number;
  readonly beforeEach: BeforeEach;
  /** Of a copy by several threads: the share of this one. Without it the copy is whole. */
  readonly share?: CopyShare;
}

/** `count` threads go through the tree, and each takes the files whose names fall to its `index`. */
export interface CopyShare {
  readonly index: number;
  readonly count: number;
}

/**
 * Copies what is in an open directory into an empty one: owners, modes, times, extended attributes, links hard and symbolic,
 * devices, holes. Synchronous: for a worker. A handful of system calls a file, each by descriptor.
 */
export class TreeCopy {
  readonly #target: number;
  readonly #beforeEach: BeforeEach;
  /** Files with several names: where the first one went. */
  readonly #links = new Map<string, CPath>();
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  readonly #share: CopyShare | undefined;
  readonly #postponed: string[] = [];

  constructor({ target, beforeEach, share }: TreeCopyDeps) {
    this.#target = target;
    this.#beforeEach = beforeEach;
    this.#share = share;
  }

  /**
   * The target directory itself takes owner, mode, time and attributes of `source` too.
   * @returns of a share: what one thread has to do when all of them are through. Paths, byte strings.
   */
  run(source: number): readonly string[] {
    this.#fill(source, this.#target, "");
    return this.#postponed;
  }

  /** The end of a copy in shares: files with several names, and what directories are like. */
  finish(source: number, postponed: readonly string[]): void {
    for (const path of postponed) {
      const [parent, name] = [posix.dirname(path), posix.basename(path)];
      const flags = OPEN.path | OPEN.directory;
      withOpenIn(source, cPathOfBytes(parent), flags, (from) =>
        withOpenIn(this.#target, cPathOfBytes(parent), flags, (to) => this.#leaf(entryAt(from, name), to, path)),
      );
    }
    describeBelow(source, this.#target, this.#beforeEach);
  }

  #fill(source: number, target: number, path: string): void {
    for (const entry of entriesOf(source)) {
      this.#beforeEach();
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory) this.#directory(entry, target, below);
      else if (isOf(this.#share, entry.name)) this.#leaf(entry, target, below);
    }
    if (this.#share === undefined) describeDirectory(source, target);
  }

  #leaf(entry: WalkEntry, target: number, path: string): void {
    if (entry.isFile) this.#file(entry, target, path);
    else this.#other(entry, target, path);
  }

  #directory(entry: WalkEntry, target: number, path: string): void {
    try {
      makeDirectoryAt(target, entry.path, 0o700);
    } catch (error) {
      // Of a share: made by another thread.
      if (this.#share === undefined || errnoOf(error) !== "EEXIST") throw error;
    }
    withDirectory(entry, (source) =>
      withDirectory({ directory: target, path: entry.path }, (below) => this.#fill(source, below, path)),
    );
  }

  #file(entry: WalkEntry, target: number, path: string): void {
    const name = entry.path;
    const from = openAt(entry.directory, name, OPEN.read | OPEN.nonBlock);
    try {
      const facts = factsOf(from);
      if (this.#linked(facts, target, name, path)) return;
      const to = openAt(target, name, OPEN.write | OPEN.create | OPEN.exclusive, facts.mode & 0o777);
      try {
        this.#bytes(from, to, facts);
        if (facts.uid !== 0 || facts.gid !== 0) own(to, facts.uid, facts.gid);
        // What neither a umask nor a change of owner takes away stands as it was created.
        if ((facts.mode & 0o7022) !== 0) fchmodSync(to, facts.mode & 0o7777);
        copyXattrs(from, to); // after the owner: a change of owner takes file capabilities away
        setModified(to, facts.modified);
      } finally {
        closeSync(to);
      }
    } finally {
      closeSync(from);
    }
  }

  /** @returns true when there is no more to do: for a further name of a file that was copied, and for one that is postponed. */
  #linked(facts: FileFacts, target: number, name: CPath, path: string): boolean {
    if (facts.links < 2) return false;
    if (this.#share !== undefined) {
      this.#postponed.push(path);
      return true;
    }
    const first = this.#links.get(facts.identity);
    if (first === undefined) this.#links.set(facts.identity, cPathOfBytes(path));
    else linkAt(this.#target, first, target, name);
    return first !== undefined;
  }

  #other(entry: WalkEntry, target: number, path: string): void {
    const name = entry.path;
    const facts = factsAt(entry.directory, name);
    if (this.#linked(facts, target, name, path)) return;
    const type = facts.mode & TYPE.mask;
    if (type === TYPE.symlink) symlinkAt(readLinkAt(entry.directory, name), target, name);
    else makeNodeAt(target, name, type | 0o600, deviceNumber(facts.device.major, facts.device.minor));
    ownAt(target, name, facts.uid, facts.gid);
    if (type !== TYPE.symlink) modeAt(target, name, facts.mode & 0o7777);
    copyXattrsAt(procPath(entry.directory, entry.name), procPath(target, entry.name));
    setModifiedAt(target, name, facts.modified);
  }

  #bytes(from: number, to: number, { size, allocated }: FileFacts): void {
    if (size === 0) return;
    if (allocated >= size) return this.#extent(from, to, 0, size);
    for (let extent = nextData(from, 0); extent !== undefined; extent = nextData(from, extent.end)) {
      this.#extent(from, to, extent.start, extent.end);
    }
    ftruncateSync(to, size);
  }

  #extent(from: number, to: number, start: number, end: number): void {
    let at = start;
    // Within the kernel where it can: shared blocks on btrfs and xfs, no copy through here elsewhere.
    if (end - start > BUFFER_BYTES) at += copyRange(from, to, start, end - start, this.#beforeEach);
    while (at < end) {
      this.#beforeEach();
      const read = readSync(from, this.#buffer, 0, Math.min(BUFFER_BYTES, end - at), at);
      if (read === 0) return;
      for (let done = 0; done < read;) done += writeSync(to, this.#buffer, done, read - done, at + done);
      at += read;
    }
  }
}

function isOf(share: CopyShare | undefined, name: string): boolean {
  if (share === undefined) return true;
  let hash = 0;
  for (let n = 0; n < name.length; n++) hash = (Math.imul(hash, 31) + name.charCodeAt(n)) | 0;
  return (hash >>> 0) % share.count === share.index;
}

function entryAt(directory: number, name: string): WalkEntry {
  const path = cPathOfBytes(name);
  const isFile = (factsAt(directory, path).mode & TYPE.mask) === TYPE.file;
  return { directory, name, path, isFile, isDirectory: false };
}

function describeBelow(source: number, target: number, beforeEach: BeforeEach): void {
  for (const entry of entriesOf(source)) {
    beforeEach();
    if (entry.isDirectory)
      withDirectory(entry, (from) =>
        withDirectory({ directory: target, path: entry.path }, (to) => describeBelow(from, to, beforeEach)),
      );
  }
  describeDirectory(source, target);
}

/** Owner, mode, attributes and, last, the time: what was put into it has changed it. */
export function describeDirectory(source: number, target: number, facts = factsOf(source)): void {
  own(target, facts.uid, facts.gid);
  setMode(target, facts.mode & 0o7777);
  copyXattrs(source, target);
  setModified(target, facts.modified);
}

/** Whether a copy that found nothing at its source is no failure. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "");
}
