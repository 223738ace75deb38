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
  const result = Buffer.allocUnsafe(SIZE);
  check("statx", statx(fd, EMPTY, AT_EMPTY_PATH, WANTED, result));
  return (result.readUInt32LE(8) & MOUNT_ROOT) !== 0;
}

function look(fd: number, name: CPath, flags: number): FileFacts {
  const result = Buffer.allocUnsafe(SIZE);
  check("statx", statx(fd, name, flags, WANTED, result));
  const wide = (at: number): number => result.readUInt32LE(at + 4) * 2 ** 32 + result.readUInt32LE(at);
  return {
    links: result.readUInt32LE(16),
    uid: result.readUInt32LE(20),
    gid: result.readUInt32LE(24),
    mode: result.readUInt16LE(28),
    size: wide(40),
    allocated: wide(48) * 512,
    modified: {
      seconds: result.readInt32LE(116) * 2 ** 32 + result.readUInt32LE(112),
      nanoseconds: result.readUInt32LE(120),
    },
    device: { major: result.readUInt32LE(128), minor: result.readUInt32LE(132) },
    identity: `${result.readUInt32LE(136)}:${result.readUInt32LE(140)}:${result.readUInt32LE(32)}:${result.readUInt32LE(36)}`,
  };
}
