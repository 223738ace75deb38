/** statx(2): everything about a file in one call, without a path. */
import { type CPath, cPath } from "./c-path.ts";
import type { FileTime } from "./descriptors.ts";
import { check, libc } from "./libc.ts";

const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** STATX_BASIC_STATS. */
const WANTED = 0x07ff;
/** struct statx of include/uapi/linux/stat.h. Bytes. */
const SIZE = 256;

const statx = libc.func("int statx(int fd, const void *path, int flags, uint mask, void *result)") as (
  fd: number,
  path: Uint8Array,
  flags: number,
  mask: number,
  result: Uint8Array,
) => number;

const EMPTY: CPath = cPath("");

export interface FileFacts {
  /** Type and permission bits: `st_mode`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes that it takes on the disk: fewer than `size` where it has holes, or is compressed. */
  readonly allocated: number;
  readonly modified: FileTime;
  readonly device: { readonly major: number; readonly minor: number };
  /** Tells two files apart: device and inode. */
  readonly identity: string;
}

/** Of an open file, O_PATH included. */
export function factsOf(fd: number): FileFacts {
  return look(fd, EMPTY, AT_EMPTY_PATH);
}

/** Of a name in an open directory, itself when it is a link. */
export function factsAt(fd: number, name: CPath): FileFacts {
  return look(fd, name, AT_SYMLINK_NOFOLLOW);
}

/** STATX_ATTR_MOUNT_ROOT, since Linux 5.8. */
const MOUNT_ROOT = 0x2000;

/** Whether an open file is where a mount begins. */
export function isMountRoot(fd: number): boolean {
  call(fd, EMPTY, AT_EMPTY_PATH);
  return (word(8) & MOUNT_ROOT) !== 0;
}

/** One for all calls, read before the next: a walk makes tens of thousands, and each would leave one to collect. */
const result = new DataView(new ArrayBuffer(SIZE));
const resultBytes = new Uint8Array(result.buffer);

function call(fd: number, name: CPath, flags: number): void {
  check("statx", statx(fd, name, flags, WANTED, resultBytes));
}

function word(at: number): number {
  return result.getUint32(at, true);
}

function wide(at: number): number {
  return word(at + 4) * 2 ** 32 + word(at);
}

function look(fd: number, name: CPath, flags: number): FileFacts {
  call(fd, name, flags);
  return new Looked();
}

/** Of the call that was just made. */
class Looked implements FileFacts {
  readonly links = word(16);
  readonly uid = word(20);
  readonly gid = word(24);
  readonly mode = result.getUint16(28, true);
  readonly size = wide(40);
  readonly allocated = wide(48) * 512;
  readonly modified = { seconds: result.getInt32(116, true) * 2 ** 32 + word(112), nanoseconds: word(120) };
  readonly device = { major: word(128), minor: word(132) };
  readonly #place = { major: word(136), minor: word(140), inodeLow: word(32), inodeHigh: word(36) };

  /** Seldom asked for. */
  get identity(): string {
    const { major, minor, inodeLow, inodeHigh } = this.#place;
    return `${major}:${minor}:${inodeLow}:${inodeHigh}`;
  }
}
