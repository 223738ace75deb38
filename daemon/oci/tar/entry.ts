import { EngineError } from "../../base/errors.ts";

/**
 * Names, link targets and owners' names are byte strings: one character (0..255) a byte, Node's `latin1`. An archive does not
 * say how its names are encoded, and a file system does not care.
 */
export interface TarEntry {
  readonly type: TarType;
  /** As it stands in the archive: absolute, with `..`, with a slash at the end. A byte string. */
  readonly name: string;
  /** Target of a symbolic link, or the name of the entry that a hard link repeats. A byte string. */
  readonly linkName: string;
  /** Permission bits with set-user-ID, set-group-ID and sticky: 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  /** Bytes of the file as it will be, holes included. 0 for all but files. */
  readonly size: number;
  readonly modified: TarTime;
  /** Of a character or block device. */
  readonly device: { readonly major: number; readonly minor: number };
  /** Extended attributes by their full name (`security.capability`). */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

export type TarType = "file" | "hardlink" | "symlink" | "character" | "block" | "directory" | "fifo";

/** Since the epoch; `seconds` is negative before it, and `nanoseconds` (0..999999999) always counts forward. */
export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Bytes of a header, and what everything in an archive is padded to. */
export const BLOCK = 512;

/** The archive is not what the format allows. @param name the entry, where one is known. */
export function malformed(what: string, name?: string): EngineError {
  const entry = name === undefined ? "" : ` at ${showName(name)}`;
  return new EngineError("InvalidParameter", `invalid tar archive${entry}: ${what}`);
}

/** A byte string for a message: read as UTF-8, quoted, bounded. */
export function showName(name: string): string {
  return JSON.stringify(Buffer.from(name.slice(0, 256), "latin1").toString());
}
