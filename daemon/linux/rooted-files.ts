import { closeSync, fsync, openSync, read, write } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Readable, addAbortSignal } from "node:stream";
import { promisify } from "node:util";
import { EngineError, errnoOf } from "../base/errors.ts";
import { newId, shortId } from "../base/ids.ts";
import { cPath, cPathOfBytes } from "./c-path.ts";
import { own, setMode } from "./descriptors.ts";
import {
  TYPE,
  makeDirectoryAt,
  openAt,
  readLinkAt,
  removeDirectoryAt,
  renameAt,
  replaceAt,
  unlinkAt,
} from "./entries.ts";
import { fileError } from "./file-error.ts";
import { type FileEntry, entryOf } from "./file-entry.ts";
import { OPEN } from "./open-flags.ts";
import { openDirectoryIn, openIn } from "./rooted.ts";
import { type FileFacts, factsAt, factsOf } from "./statx.ts";
import type { Trees } from "./trees.ts";
import { copyXattrs } from "./xattr.ts";

// No streams of node:fs: they close their descriptor when they are destroyed, whoever else holds it.
const readFile = promisify(read);
const writeFile = promisify(write);
const syncFile = promisify(fsync);
const CHUNK_BYTES = 64 * 1024;
/** Links that may lead to a file that is written: what the kernel allows. */
const LINKS_MAX = 40;

export interface WriteOptions {
  /** Permission bits of a new file; 0644 by default. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The files below a directory, whoever changes them meanwhile: every path counts from the root, absolute or not, and no link and no
 * `..` leads out of it. Errors are EngineErrors: NotFound, Conflict for a name that is taken, InvalidParameter for a
 * path of the wrong kind, Forbidden where the file system says so.
 */
export class RootedFiles implements Disposable {
  readonly #root: number;
  readonly #trees: Trees;

  constructor(root: string, trees: Trees) {
    this.#root = openSync(root, OPEN.path | OPEN.directory);
    this.#trees = trees;
  }

  /** @param follow whether a link is looked at itself or its target. */
  stat(path: string, follow: boolean): FileEntry {
    return naming("stat", path, () => {
      const fd = openIn(this.#root, inside(path), OPEN.path | (follow ? 0 : OPEN.noFollow));
      try {
        const facts = factsOf(fd);
        const isLink = (facts.mode & TYPE.mask) === TYPE.symlink;
        return entryOf(basename(path), facts, isLink ? readLinkAt(fd, "") : undefined);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** The entries of a directory, in the order of the file system; each as it is at the moment it is given. */
  async *list(path: string): AsyncGenerator<FileEntry, void, undefined> {
    const fd = naming("list", path, () => openIn(this.#root, inside(path), OPEN.read | OPEN.directory));
    try {
      for await (const { name } of await opendir(`/proc/self/fd/${fd}`, { encoding: "latin1" })) {
        const entry = entryAt(fd, name);
        if (entry !== undefined) yield entry;
      }
    } finally {
      closeSync(fd);
    }
  }

  /** @throws EngineError InvalidParameter for what is no regular file. */
  read(path: string): OpenedFile {
    return naming("read", path, () => new OpenedFile(path, openRegular(this.#root, inside(path))));
  }

  /**
   * The file holds what `source` gives, and before that what it held: a write that fails has changed nothing. One that is there keeps
   * its owner, mode and attributes, unless told.
   */
  async write(path: string, source: Readable, options: WriteOptions, signal?: AbortSignal): Promise<FileEntry> {
    using place = naming("write", path, () => this.#placeOfFile(path));
    const temporary = cPath(`.slipway-${shortId(newId())}`);
    try {
      const fd = openAt(place.parent, temporary, OPEN.write | OPEN.create | OPEN.exclusive, 0o600);
      try {
        await writeAll(fd, source, signal);
        describe(fd, place, options);
        await syncFile(fd);
        replaceAt(place.parent, temporary, place.parent, cPath(place.base));
        return entryOf(place.base, factsOf(fd), undefined);
      } catch (error) {
        unlinkAt(place.parent, temporary);
        throw error;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw fileError("write", path, error);
    }
  }

  /** @param options.parents makes those that are missing too, and is content with a directory that is there. */
  makeDirectory(path: string, options: { readonly mode: number; readonly parents: boolean }): void {
    naming("make directory", path, () => {
      if (options.parents) return closeSync(openDirectoryIn(this.#root, inside(path), options.mode));
      using place = this.#place(path);
      makeDirectoryAt(place.parent, place.base, options.mode);
    });
  }

  /** Of the names themselves, links or not. @throws Conflict when `to` is there and not to be replaced. */
  rename(from: string, to: string, options: { readonly replace: boolean }): void {
    naming("rename", `${from} to ${to}`, () => {
      using source = this.#place(from);
      using target = this.#place(to);
      (options.replace ? replaceAt : renameAt)(source.parent, source.base, target.parent, target.base);
    });
  }

  /** A file, a link or an empty directory; with `recursive` all that is below it. */
  async remove(path: string, options: { readonly recursive: boolean }, signal?: AbortSignal): Promise<void> {
    using place = naming("remove", path, () => this.#place(path));
    try {
      const isDirectory = (factsAt(place.parent, cPath(place.base)).mode & TYPE.mask) === TYPE.directory;
      if (isDirectory && options.recursive)
        return await this.#trees.remove(`/proc/self/fd/${place.parent}/${place.base}`, signal);
      if (isDirectory) removeDirectoryAt(place.parent, place.base);
      else unlinkAt(place.parent, place.base);
    } catch (error) {
      signal?.throwIfAborted();
      throw fileError("remove", path, error);
    }
  }

  /** A directory by its descriptor, which the caller closes. */
  openDirectory(path: string): number {
    return naming("open", path, () => openIn(this.#root, inside(path), OPEN.read | OPEN.directory));
  }

  [Symbol.dispose](): void {
    closeSync(this.#root);
  }

  /** The directory that a name is in, and the name. @throws InvalidParameter for the root, which has none. */
  #place(path: string): Place {
    const trimmed = inside(path).replace(/\/+$/, "");
    const base = basename(trimmed);
    if (base === "" || base === "." || base === "..")
      throw new EngineError("InvalidParameter", `${JSON.stringify(path)} names nothing in a directory`);
    return new Place(openIn(this.#root, dirname(trimmed), OPEN.path | OPEN.directory), base);
  }

  /** The same, after the links that a name may be. */
  #placeOfFile(path: string): Place {
    let at = path;
    for (let links = 0; links < LINKS_MAX; links++) {
      const place = this.#place(at);
      try {
        const target = linkTarget(place);
        if (target === undefined) return place;
        at = target.startsWith("/") ? target : `${dirname(inside(at))}/${target}`;
      } catch (error) {
        place[Symbol.dispose]();
        throw error;
      }
      place[Symbol.dispose]();
    }
    throw new EngineError("InvalidParameter", `write ${path}: too many levels of symbolic links`);
  }
}

/** A regular file that is open for reading. */
export class OpenedFile implements Disposable {
  readonly entry: FileEntry;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.#fd = fd;
    this.entry = entryOf(basename(path), factsOf(fd), undefined);
  }

  /** Bytes `start` to `end`, inclusive; fewer where it has become shorter. Before it is disposed. */
  async *bytes(range: { readonly start?: number; readonly end?: number } = {}): AsyncGenerator<Buffer> {
    const end = (range.end ?? Infinity) + 1;
    for (let at = range.start ?? 0; at < end;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
      const { bytesRead } = await readFile(this.#fd, chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

class Place implements Disposable {
  readonly parent: number;
  readonly base: string;

  constructor(parent: number, base: string) {
    this.parent = parent;
    this.base = base;
  }

  [Symbol.dispose](): void {
    closeSync(this.parent);
  }
}

/** @throws EngineError InvalidParameter: the kernel would take what stands before a NUL for the path. */
function inside(path: string): string {
  if (path.includes("\0")) throw new EngineError("InvalidParameter", `path ${JSON.stringify(path)} holds a NUL`);
  return path === "" || path === "/" ? "." : path;
}

/** What is looked at first is what is opened then: a fifo or a device would wait for somebody, or do something. */
function openRegular(root: number, path: string): number {
  const looked = openIn(root, path, OPEN.path);
  try {
    const type = factsOf(looked).mode & TYPE.mask;
    if (type === TYPE.directory) throw new EngineError("InvalidParameter", `read ${path}: is a directory`);
    if (type !== TYPE.file) throw new EngineError("InvalidParameter", `read ${path}: is no regular file`);
    return openSync(`/proc/self/fd/${looked}`, OPEN.read | OPEN.nonBlock);
  } finally {
    closeSync(looked);
  }
}

function entryAt(directory: number, name: string): FileEntry | undefined {
  try {
    const path = cPathOfBytes(name);
    const facts = factsAt(directory, path);
    const isLink = (facts.mode & TYPE.mask) === TYPE.symlink;
    return entryOf(Buffer.from(name, "latin1").toString(), facts, isLink ? readLinkAt(directory, path) : undefined);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EINVAL") return undefined; // gone, or another by now
    throw error;
  }
}

/** Undefined for what is no link, there or not. @throws EngineError InvalidParameter for what cannot be written as a file. */
function linkTarget({ parent, base }: Place): string | undefined {
  const facts = findFacts(parent, base);
  const type = facts === undefined ? TYPE.file : facts.mode & TYPE.mask;
  if (type === TYPE.symlink) return Buffer.from(readLinkAt(parent, base)).toString().replace(/\0$/, "");
  if (type === TYPE.file) return undefined;
  throw new EngineError(
    "InvalidParameter",
    `write ${base}: is ${type === TYPE.directory ? "a directory" : "no regular file"}`,
  );
}

function findFacts(parent: number, base: string): FileFacts | undefined {
  try {
    return factsAt(parent, cPath(base));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function writeAll(fd: number, source: Readable, signal: AbortSignal | undefined): Promise<void> {
  const chunks = signal === undefined ? source : addAbortSignal(signal, source);
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    for (let done = 0; done < chunk.length;) done += (await writeFile(fd, chunk, done)).bytesWritten;
  }
}

function describe(fd: number, { parent, base }: Place, options: WriteOptions): void {
  const before = findFacts(parent, base);
  own(fd, options.uid ?? before?.uid ?? 0, options.gid ?? before?.gid ?? 0);
  setMode(fd, options.mode ?? (before === undefined ? 0o644 : before.mode & 0o7777));
  if (before === undefined || (before.mode & TYPE.mask) !== TYPE.file) return;
  const old = openAt(parent, base, OPEN.read | OPEN.nonBlock);
  try {
    copyXattrs(old, fd);
  } finally {
    closeSync(old);
  }
}

function naming<R>(operation: string, path: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    throw fileError(operation, path, error);
  }
}
