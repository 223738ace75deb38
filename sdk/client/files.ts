import type { Readable } from "node:stream";
import type { FileEntry as WireEntry, FileType } from "../contract/index.ts";
import type { ByteSource, FilesApi } from "./api/files-api.ts";

/** A name in a directory, and what stands behind it. */
export interface FileEntry {
  /** "" for the root. */
  readonly name: string;
  readonly type: FileType;
  /** Bytes. */
  readonly size: number;
  /** Permission bits with set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** Of a symbolic link: as it stands there. */
  readonly linkTarget: string | undefined;
}

/** Bytes `start` to `end`, inclusive; to the end of the file without one. */
export interface ByteSpan {
  readonly start: number;
  readonly end?: number;
}

export interface WriteFileOptions {
  /** Permission bits: 0o644 for a new file. One that is there keeps what it has. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly signal?: AbortSignal;
}

/**
 * The files of a volume, used by a container or not: `volume.fs`. Paths count from its root, and nothing leads out of it.
 * Every method throws NotFound, Conflict for a name that is taken, InvalidParameter for a path of the wrong kind.
 *
 * @example
 * await volume.fs.mkdir("/config", { parents: true });
 * await volume.fs.writeFile("/config/app.json", JSON.stringify(config));
 */
export class Files {
  readonly #api: FilesApi;

  constructor(api: FilesApi) {
    this.#api = api;
  }

  async list(path = "/", signal?: AbortSignal): Promise<FileEntry[]> {
    return await Array.fromAsync(this.entries(path, signal));
  }

  /** The same, one by one: for directories of any size. */
  async *entries(path = "/", signal?: AbortSignal): AsyncGenerator<FileEntry, void, undefined> {
    for await (const entry of this.#api.list(path, signal)) yield entryOf(entry);
  }

  /** Follows links inside the root. */
  async stat(path: string, signal?: AbortSignal): Promise<FileEntry> {
    return entryOf(await this.#api.stat(path, {}, signal));
  }

  /** Of a link itself. */
  async lstat(path: string, signal?: AbortSignal): Promise<FileEntry> {
    return entryOf(await this.#api.stat(path, { follow: false }, signal));
  }

  /** Of a file's bytes, all or a part. */
  async readStream(path: string, span?: ByteSpan, signal?: AbortSignal): Promise<Readable> {
    const range = span === undefined ? undefined : `bytes=${span.start}-${span.end ?? ""}`;
    return await this.#api.read(path, range, signal);
  }

  async readFile(path: string, span?: ByteSpan, signal?: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.readStream(path, span, signal)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** The file holds all of `content`, or, when it fails, what it held before. */
  async writeFile(
    path: string,
    content: string | ByteSource,
    { mode, uid, gid, signal }: WriteFileOptions = {},
  ): Promise<FileEntry> {
    const body = typeof content === "string" ? Buffer.from(content) : content;
    return entryOf(await this.#api.write(path, body, { mode: octal(mode), uid, gid }, signal));
  }

  /** With `parents` those on the way too, and one that is there will do. */
  async mkdir(
    path: string,
    options: { readonly mode?: number; readonly parents?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<FileEntry> {
    const { mode, parents, signal } = options;
    return entryOf(await this.#api.makeDirectory(path, { mode: octal(mode), parents }, signal));
  }

  /** @throws Conflict where `to` is there already, unless it may be replaced. */
  async rename(
    from: string,
    to: string,
    options: { readonly replace?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#api.rename({ from, to, replace: options.replace }, options.signal);
  }

  /** A file or an empty directory; with `recursive` all that is in it. */
  async remove(
    path: string,
    options: { readonly recursive?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#api.remove(path, { recursive: options.recursive }, options.signal);
  }
}

function entryOf({ Name, Type, Size, Mode, Uid, Gid, MtimeNs, LinkTarget }: WireEntry): FileEntry {
  return {
    name: Name,
    type: Type,
    size: Size,
    mode: Mode,
    uid: Uid,
    gid: Gid,
    mtimeNs: BigInt(MtimeNs),
    linkTarget: LinkTarget,
  };
}

function octal(mode: number | undefined): string | undefined {
  return mode?.toString(8).padStart(4, "0");
}
