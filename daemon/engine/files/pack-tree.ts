import { closeSync, readSync, writeSync } from "node:fs";
import { cPathOfBytes } from "../../linux/c-path.ts";
import { nextData } from "../../linux/descriptors.ts";
import { TYPE, openAt, readLinkAt } from "../../linux/entries.ts";
import { OPEN } from "../../linux/open-flags.ts";
import { type FileFacts, factsAt, factsOf } from "../../linux/statx.ts";
import { type WalkEntry, entriesOf, procPath, withDirectory } from "../../linux/walk-tree.ts";
import { xattrNames, xattrOf } from "../../linux/xattr.ts";
import { encodeEnd, encodeHeader, encodePadding, encodeSparseHeader } from "../../oci/tar/encode.ts";
import type { TarEntry, TarType } from "../../oci/tar/entry.ts";
import type { Extent } from "../../oci/tar/sparse.ts";

const BUFFER_BYTES = 256 * 1024;
const OVERLAY_XATTR = /^(trusted|user)\.overlay\./;

const TYPES: Readonly<Record<number, TarType>> = {
  [TYPE.file]: "file",
  [TYPE.directory]: "directory",
  [TYPE.symlink]: "symlink",
  [TYPE.character]: "character",
  [TYPE.block]: "block",
  [TYPE.fifo]: "fifo",
};

export interface PackTreeDeps {
  /** Where the archive goes: a descriptor, written with blocking calls. */
  readonly output: number;
  readonly beforeEach: () => void;
}

/**
 * An open directory as a tar archive (pax): owners, modes, times, attributes, links hard and symbolic, devices, holes. Names count from
 * the directory, which comes first as `./`. Sockets have no place in an archive. Synchronous: for a worker.
 */
export class PackTree {
  readonly #output: number;
  readonly #beforeEach: () => void;
  /** Files with several names: the first one in the archive. */
  readonly #links = new Map<string, string>();
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  /** Bytes in the buffer that are not written yet. */
  #filled = 0;

  constructor({ output, beforeEach }: PackTreeDeps) {
    this.#output = output;
    this.#beforeEach = beforeEach;
  }

  run(directory: number): void {
    const facts = factsOf(directory);
    this.#put(encodeHeader(entryOf("./", "directory", facts, xattrsOf(procPath(directory, ".")))));
    this.#below(directory, "");
    this.#put(encodeEnd());
    this.#flush();
  }

  #below(directory: number, path: string): void {
    for (const entry of entriesOf(directory)) {
      this.#beforeEach();
      if (entry.isFile) this.#file(entry, `${path}${entry.name}`);
      else this.#other(entry, `${path}${entry.name}`);
    }
  }

  #other(entry: WalkEntry, name: string): void {
    const facts = factsAt(entry.directory, entry.path);
    const type = TYPES[facts.mode & TYPE.mask];
    if (type === undefined || this.#isLink(name, facts)) return;
    const xattrs = xattrsOf(procPath(entry.directory, entry.name));
    if (type === "directory") {
      this.#put(encodeHeader(entryOf(`${name}/`, type, facts, xattrs)));
      return withDirectory(entry, (inside) => this.#below(inside, `${name}/`));
    }
    const link = type === "symlink" ? Buffer.from(readLinkAt(entry.directory, entry.path)).toString("latin1") : "\0";
    this.#put(encodeHeader({ ...entryOf(name, type, facts, xattrs), size: 0, linkName: link.slice(0, -1) }));
  }

  #file(entry: WalkEntry, name: string): void {
    const fd = openAt(entry.directory, entry.path, OPEN.read | OPEN.nonBlock);
    try {
      const facts = factsOf(fd);
      if (this.#isLink(name, facts)) return;
      const header = entryOf(name, "file", facts, xattrsOf(procPath(entry.directory, entry.name)));
      if (facts.allocated >= facts.size) {
        this.#put(encodeHeader(header));
        this.#bytes(fd, 0, facts.size);
        return this.#put(encodePadding(facts.size));
      }
      const extents = extentsOf(fd, facts.size);
      const { blocks, stored } = encodeSparseHeader(header, extents);
      this.#put(blocks);
      for (const { offset, length } of extents) this.#bytes(fd, offset, length);
      this.#put(encodePadding(stored));
    } finally {
      closeSync(fd);
    }
  }

  /** A further name of a file that is in the archive. */
  #isLink(name: string, facts: FileFacts): boolean {
    if (facts.links < 2 || (facts.mode & TYPE.mask) === TYPE.directory) return false;
    const first = this.#links.get(facts.identity);
    if (first === undefined) this.#links.set(facts.identity, name);
    else this.#put(encodeHeader({ ...entryOf(name, "hardlink", facts, new Map()), size: 0, linkName: first }));
    return first !== undefined;
  }

  /** As many bytes as the header has said: one that shrinks meanwhile is filled up with zeros. */
  #bytes(fd: number, start: number, length: number): void {
    for (let done = 0; done < length;) {
      this.#beforeEach();
      if (this.#filled === BUFFER_BYTES) this.#flush();
      const room = Math.min(BUFFER_BYTES - this.#filled, length - done);
      const read = readSync(fd, this.#buffer, this.#filled, room, start + done);
      if (read === 0) this.#buffer.fill(0, this.#filled, this.#filled + room);
      this.#filled += read === 0 ? room : read;
      done += read === 0 ? room : read;
    }
  }

  #put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === BUFFER_BYTES) this.#flush();
      const copied = bytes.copy(this.#buffer, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  #flush(): void {
    for (let at = 0; at < this.#filled;) at += writeSync(this.#output, this.#buffer, at, this.#filled - at);
    this.#filled = 0;
  }
}

function entryOf(name: string, type: TarType, facts: FileFacts, xattrs: ReadonlyMap<string, Buffer>): TarEntry {
  return {
    type,
    name,
    linkName: "",
    mode: facts.mode & 0o7777,
    uid: facts.uid,
    gid: facts.gid,
    userName: "",
    groupName: "",
    size: type === "file" ? facts.size : 0,
    modified: facts.modified,
    device: type === "character" || type === "block" ? facts.device : { major: 0, minor: 0 },
    xattrs,
  };
}

function xattrsOf(path: Buffer): ReadonlyMap<string, Buffer> {
  const cPath = cPathOfBytes(path.toString("latin1"));
  const xattrs = new Map<string, Buffer>();
  for (const name of xattrNames(cPath)) {
    const value = OVERLAY_XATTR.test(name) ? undefined : xattrOf(cPath, cPathOfBytes(name));
    if (value !== undefined) xattrs.set(name, value);
  }
  return xattrs;
}

/** An extent of no length at the end says how long the file is to readers that only follow the map. */
function extentsOf(fd: number, size: number): readonly Extent[] {
  const extents: Extent[] = [];
  for (let data = nextData(fd, 0); data !== undefined; data = nextData(fd, data.end)) {
    const end = Math.min(data.end, size);
    if (end > data.start) extents.push({ offset: data.start, length: end - data.start });
  }
  const last = extents.at(-1);
  if (last === undefined || last.offset + last.length < size) extents.push({ offset: size, length: 0 });
  return extents;
}
