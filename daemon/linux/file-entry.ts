import type { FileTime } from "./descriptors.ts";
import { TYPE } from "./entries.ts";
import type { FileFacts } from "./statx.ts";

/** A name in a directory, and what stands behind it. */
export interface FileEntry {
  /** "" for the root. Read as UTF-8. */
  readonly name: string;
  readonly type: FileType;
  /** Bytes. */
  readonly size: number;
  /** Permission bits with set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: FileTime;
  /** Of a link: as it stands there. */
  readonly linkTarget?: string;
}

export type FileType = "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";

const TYPES: Readonly<Record<number, FileType>> = {
  [TYPE.file]: "file",
  [TYPE.directory]: "directory",
  [TYPE.symlink]: "symlink",
  [TYPE.character]: "character",
  [TYPE.block]: "block",
  [TYPE.fifo]: "fifo",
  [TYPE.socket]: "socket",
};

/** @param link the target's bytes, with the NUL. */
export function entryOf(name: string, facts: FileFacts, link: Uint8Array | undefined): FileEntry {
  return {
    name: name === "." || name === "/" ? "" : name,
    type: TYPES[facts.mode & TYPE.mask] ?? "file",
    size: facts.size,
    mode: facts.mode & 0o7777,
    uid: facts.uid,
    gid: facts.gid,
    modified: facts.modified,
    ...(link !== undefined && { linkTarget: Buffer.from(link.subarray(0, -1)).toString() }),
  };
}
