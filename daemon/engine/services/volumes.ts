import type { Readable } from "node:stream";
import type { FileEntry } from "../../linux/file-entry.ts";
import type { OpenedFile } from "../../linux/rooted-files.ts";
import type { Filters } from "./filters.ts";

export interface Volume {
  readonly name: string;
  readonly driver: "local";
  readonly mountpoint: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly anonymous: boolean;
}

export interface Volumes {
  /** Idempotent for the same driver and options, as Docker's. @throws InvalidParameter for a bad name or an unknown driver. */
  create(options: {
    readonly name?: string;
    readonly driver?: string;
    readonly driverOpts?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  }): Promise<Volume>;
  get(name: string): Volume;
  list(filters: Filters): readonly Volume[];
  /** @throws Conflict "volume is in use - [ids]". */
  remove(name: string, force: boolean): Promise<void>;
  prune(filters: Filters): Promise<{ readonly deleted: readonly string[]; readonly spaceReclaimed: number }>;
  usage(name: string, signal?: AbortSignal): Promise<{ readonly size: number; readonly refCount: number }>;
  /** Its files, used by a container or not, until they are disposed. @throws NotFound; "error while mounting volume …". */
  openFiles(name: string, signal?: AbortSignal): Promise<Files>;
}

export type { FileEntry } from "../../linux/file-entry.ts";

/**
 * The files below a root, whoever changes them meanwhile. Paths count from the root, absolute or not; no link and no `..` leads out
 * of it. Every method throws NotFound for what is not there, Conflict for a name that is taken, InvalidParameter for
 * a path of the wrong kind, Forbidden where the file system refuses.
 */
export interface Files extends AsyncDisposable {
  /** `follow`: of a link's target and not of itself. */
  stat(path: string, options: { readonly follow: boolean }): FileEntry;
  /** Of a directory, in no order. */
  list(path: string): AsyncIterable<FileEntry>;
  /** A regular file. */
  read(path: string): OpenedFile;
  /** Replaced whole when all of `source` is there; a write that fails changes nothing. Owner and mode stay unless told. */
  write(
    path: string,
    source: Readable,
    options: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
    signal?: AbortSignal,
  ): Promise<FileEntry>;
  /** `parents`: with those on the way, and content with one that is there. */
  makeDirectory(path: string, options: { readonly mode: number; readonly parents: boolean }): void;
  rename(from: string, to: string, options: { readonly replace: boolean }): void;
  remove(path: string, options: { readonly recursive: boolean }, signal?: AbortSignal): Promise<void>;
  /** A directory as a tar stream with owners, modes, times, attributes and holes. It fails when it cannot be whole. */
  export(path: string): Readable;
  /** Writes a tar stream (plain, gzip, zstd) into a directory. Nothing of it leads out. @throws InvalidParameter. */
  import(path: string, archive: Readable, signal?: AbortSignal): Promise<void>;
}
