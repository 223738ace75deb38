import { type Stats, closeSync, ftruncateSync, writeSync } from "node:fs";
import { EngineError, errnoOf, messageOf } from "../base/errors.ts";
import { type CPath, cPath, cPathOfBytes } from "../linux/c-path.ts";
import { setModified, setModifiedAt } from "../linux/descriptors.ts";
import { diskError } from "../linux/disk-error.ts";
import { TYPE, deviceNumber, linkAt, makeDirectoryAt, makeNodeAt, openAt, symlinkAt } from "../linux/entries.ts";
import { OPEN } from "../linux/open-flags.ts";
import { removeTreeAt } from "../linux/remove-tree.ts";
import { statAt } from "../linux/walk-tree.ts";
import { setXattr, setXattrOf } from "../linux/xattr.ts";
import { type TarEntry, type TarTime, showName } from "../oci/tar/entry.ts";
import type { TarSink } from "../oci/tar/entry-parser.ts";
import { DirectoryCache } from "./directory-cache.ts";
import { describe, describeName, overlayPath } from "./entry-metadata.ts";
import { insideRoot, parseLayerPath, parsePlainPath } from "./layer-path.ts";

/** What a system call answers when the archive asks for something that cannot be. */
const ASKED_WRONG = new Set([
  "EEXIST",
  "EFBIG",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "EOVERFLOW",
  "ERANGE",
]);

export interface LayerWriterDeps {
  /** The layer's tree, open for reading, empty. The caller closes it. */
  readonly root: number;
  /** Inside a user namespace: overlay attributes are `user.`, devices cannot be made. */
  readonly userXattr: boolean;
  /** No layer but an ordinary archive: `.wh.` is part of a name, and a device 0/0 is one. */
  readonly plain?: boolean;
}

interface OpenFile {
  readonly entry: TarEntry;
  readonly fd: number;
  /** Where its last byte ended. */
  written: number;
}

/**
 * Writes a layer's entries into a tree in overlay form. Every name is resolved inside the root by descriptor, and a last
 * component that is a link is replaced, never followed. Errors name the entry.
 */
export class LayerWriter implements TarSink, Disposable {
  readonly #root: number;
  readonly #deps: { readonly userXattr: boolean; readonly plain: boolean; readonly opaque: CPath };
  readonly #directories: DirectoryCache;
  /** Set when all is written: a name that is made in a directory changes its time. */
  readonly #times = new Map<string, TarTime>();
  #stale = false;
  #file: OpenFile | undefined;
  #size = 0;
  #ownsRoot = false;

  constructor(deps: LayerWriterDeps) {
    this.#root = deps.root;
    this.#directories = new DirectoryCache(deps.root);
    const opaque = cPath(deps.userXattr ? "user.overlay.opaque" : "trusted.overlay.opaque");
    this.#deps = { userXattr: deps.userXattr, plain: deps.plain ?? false, opaque };
  }

  /** Bytes of all files so far. */
  get size(): number {
    return this.#size;
  }

  get ownsRoot(): boolean {
    return this.#ownsRoot;
  }

  entry(entry: TarEntry): void {
    naming(entry, () => this.#write(entry));
    if (this.#stale) this.#directories.forget();
    this.#stale = false;
  }

  data(chunk: Buffer, offset: number): void {
    const file = this.#file;
    if (file === undefined) return;
    naming(file.entry, () => {
      for (let done = 0; done < chunk.length;) {
        done += writeSync(file.fd, chunk, done, chunk.length - done, offset + done);
      }
      file.written = offset + chunk.length;
    });
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    naming(file.entry, () => {
      // A sparse file that ends with a hole.
      if (file.written < file.entry.size) ftruncateSync(file.fd, file.entry.size);
      describe(file.fd, file.entry, this.#deps.userXattr);
      setModified(file.fd, file.entry.modified);
    });
    this.#size += file.entry.size;
    this.#closeFile();
  }

  /** The archive is at its end. */
  finish(): void {
    for (const [path, modified] of this.#times) {
      const { parent, base } = split(path);
      try {
        setModifiedAt(this.#directories.find(parent), cPathOfBytes(base), modified);
      } catch (error) {
        // A later entry took its place, under another name of the same directory.
        if (!ASKED_WRONG.has(errnoOf(error) ?? "")) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#closeFile();
    this.#directories[Symbol.dispose]();
  }

  #write(entry: TarEntry): void {
    const path = this.#deps.plain ? parsePlainPath(entry.name) : parseLayerPath(entry.name);
    switch (path.kind) {
      case "ignored":
        return;
      case "root":
        return this.#rootDirectory(entry);
      case "opaque":
        return setXattrOf(overlayPath(this.#directories.get(path.path), "."), this.#deps.opaque, YES);
      case "whiteout":
        return this.#whiteout(path.parent, path.base);
      case "file":
        return this.#create(entry, path.parent, path.base);
    }
  }

  #rootDirectory(entry: TarEntry): void {
    if (entry.type !== "directory") throw new EngineError("InvalidParameter", "the root must be a directory");
    describe(this.#root, entry, this.#deps.userXattr);
    this.#times.set("", entry.modified);
    this.#ownsRoot = true;
  }

  /** Hides a name of the layers below. One that this layer has itself stays, and hides what is below it. */
  #whiteout(parentPath: string, base: string): void {
    const parent = this.#directories.get(parentPath);
    try {
      makeNodeAt(parent, cPathOfBytes(base), TYPE.character);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      if (statAt(parent, base).isDirectory()) setXattrOf(overlayPath(parent, base), this.#deps.opaque, YES);
    }
  }

  #create(entry: TarEntry, parentPath: string, base: string): void {
    const at: Place = {
      parent: this.#directories.get(parentPath),
      base,
      name: cPathOfBytes(base),
      path: parentPath === "" ? base : `${parentPath}/${base}`,
    };
    switch (entry.type) {
      case "directory":
        return this.#directory(entry, at);
      case "file":
        return this.#open(entry, at);
      case "hardlink":
        return this.#hardLink(entry, at);
      case "symlink":
        this.#replacing(at, () => symlinkAt(cPathOfBytes(entry.linkName), at.parent, at.name));
        return describeName(at.parent, at.base, entry, this.#deps.userXattr);
      default:
        return this.#node(entry, at);
    }
  }

  #open(entry: TarEntry, at: Place): void {
    const flags = OPEN.write | OPEN.create | OPEN.exclusive;
    this.#file = { entry, fd: this.#replacing(at, () => openAt(at.parent, at.name, flags, 0o600)), written: 0 };
  }

  /** One that is there already stays, with what is in it. */
  #directory(entry: TarEntry, at: Place): void {
    const hides = this.#makeDirectory(at);
    const fd = this.#directories.put(at.path, openAt(at.parent, at.name, OPEN.read | OPEN.directory));
    describe(fd, entry, this.#deps.userXattr);
    // This layer hid it and has it anew: what lies below must stay hidden.
    if (hides) setXattr(fd, this.#deps.opaque, YES);
    this.#times.set(at.path, entry.modified);
  }

  /** @returns true when it takes the place of a whiteout. */
  #makeDirectory(at: Place): boolean {
    try {
      makeDirectoryAt(at.parent, at.name, 0o700);
      return false;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      const existing = statAt(at.parent, at.base);
      if (existing.isDirectory()) return false;
      this.#replacing(at, () => makeDirectoryAt(at.parent, at.name, 0o700));
      return !this.#deps.plain && isWhiteout(existing);
    }
  }

  #hardLink(entry: TarEntry, at: Place): void {
    const target = split(insideRoot(entry.linkName));
    const from = this.#directories.find(target.parent);
    if (!this.#deps.plain && isWhiteout(statAt(from, target.base)))
      throw new EngineError("InvalidParameter", "it links to what is deleted");
    if (from === at.parent && target.base === at.base) return; // to itself
    this.#replacing(at, () => linkAt(from, cPathOfBytes(target.base), at.parent, at.name));
  }

  #node(entry: TarEntry, at: Place): void {
    const { major, minor } = entry.device;
    if (entry.type === "character" && major === 0 && minor === 0 && !this.#deps.plain)
      throw new EngineError("InvalidParameter", "device 0/0 is overlayfs's mark for a deleted file");
    const [type, device] =
      entry.type === "fifo" ? [TYPE.fifo, 0n] : [TYPE[entry.type as "block"], deviceNumber(major, minor)];
    try {
      this.#replacing(at, () => makeNodeAt(at.parent, at.name, type | 0o600, device));
    } catch (error) {
      // A user namespace makes no devices; the runtime brings those that a container may have.
      if (errnoOf(error) === "EPERM" && this.#deps.userXattr) return;
      throw error;
    }
    describeName(at.parent, at.base, entry, this.#deps.userXattr);
  }

  /** A later entry of a name wins, whatever the earlier one was. */
  #replacing<R>(at: Place, make: () => R): R {
    try {
      return make();
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      removeTreeAt(at.parent, at.name);
      for (const path of this.#times.keys()) {
        if (path === at.path || path.startsWith(`${at.path}/`)) this.#times.delete(path);
      }
      const made = make();
      // The same directory may be open under other paths too. Not before: `at.parent` is one of them.
      this.#stale = true;
      return made;
    }
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file.fd);
  }
}

/** Where an entry goes: a name in an open directory, and its path for what is remembered of it. */
interface Place {
  readonly parent: number;
  readonly base: string;
  readonly name: CPath;
  readonly path: string;
}

const YES = Buffer.from("y");

function split(path: string): { readonly parent: string; readonly base: string } {
  const slash = path.lastIndexOf("/");
  return { parent: slash < 0 ? "" : path.slice(0, slash), base: path.slice(slash + 1) || "." };
}

function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

/** Errors of the archive's making become InvalidParameter, the disk's Unavailable; all of them name the entry. */
function naming(entry: TarEntry, body: () => void): void {
  try {
    body();
  } catch (error) {
    const worded = diskError(`unpack ${showName(entry.name)}`, error);
    if (worded !== error) throw worded;
    const code = errnoOf(error) ?? "";
    const kind = error instanceof EngineError || ASKED_WRONG.has(code) ? "InvalidParameter" : "Internal";
    throw new EngineError(kind, `invalid layer: ${showName(entry.name)}: ${messageOf(error)}`, { cause: error });
  }
}
