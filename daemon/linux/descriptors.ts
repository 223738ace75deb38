/** Metadata of a file by its descriptor (or of a name in a directory), and a file system's own calls. */
import { type PathLike, cPath, showPath } from "./c-path.ts";
import { check, libc } from "./libc.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = 0x3ffffffe;

type Bytes = Uint8Array;
const fchown = libc.func("int fchown(int fd, uint uid, uint gid)") as (fd: number, uid: number, gid: number) => number;
const fchmod = libc.func("int fchmod(int fd, uint mode)") as (fd: number, mode: number) => number;
const futimens = libc.func("int futimens(int fd, const void *times)") as (fd: number, times: Bytes) => number;
const utimensat = libc.func("int utimensat(int fd, const void *name, const void *times, int flags)") as (
  fd: number,
  name: Bytes,
  times: Bytes,
  flags: number,
) => number;
const syncfs = libc.func("int syncfs(int fd)") as (fd: number) => number;
const lseek = libc.func("int64 lseek(int fd, int64 offset, int whence)") as (
  fd: number,
  offset: number,
  whence: number,
) => number | bigint;

const copyFileRange = libc.func(
  "int64 copy_file_range(int from, _Inout_ int64 *fromAt, int to, _Inout_ int64 *toAt, size_t length, uint flags)",
) as (from: number, fromAt: [number], to: number, toAt: [number], length: number, flags: number) => number | bigint;

/** A point in time as the kernel keeps it: whole seconds since the epoch, negative before it, and 0..999999999 beside. */
export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function own(fd: number, uid: number, gid: number): void {
  check("fchown", fchown(fd, uid, gid));
}

export function setMode(fd: number, mode: number): void {
  check("fchmod", fchmod(fd, mode));
}

export function setModified(fd: number, modified: FileTime): void {
  check("futimens", futimens(fd, timesOf(modified)));
}

/** Of the link itself, when `name` is one. */
export function setModifiedAt(fd: number, name: PathLike, modified: FileTime): void {
  check("utimensat", utimensat(fd, cPath(name), timesOf(modified), AT_SYMLINK_NOFOLLOW), showPath(name));
}

/** Two struct timespec, for one call after the other. */
const times = Buffer.alloc(32);

/** Last access is left as it is. */
function timesOf({ seconds, nanoseconds }: FileTime): Bytes {
  times.writeUInt32LE(UTIME_OMIT, 8);
  times.writeUInt32LE(seconds >>> 0, 16);
  times.writeInt32LE(Math.floor(seconds / 2 ** 32), 20);
  times.writeUInt32LE(nanoseconds, 24);
  return times;
}

/** Writes everything of the file system that `fd` is on to the disk: one call for a whole tree (syncfs(2)). */
export function syncFileSystem(fd: number): void {
  check("syncfs", syncfs(fd));
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Where the next bytes that are not a hole begin and end, from `offset` on; undefined when only a hole follows. */
export function nextData(fd: number, offset: number): { readonly start: number; readonly end: number } | undefined {
  const start = Number(lseek(fd, offset, SEEK_DATA));
  if (start < 0) return undefined; // ENXIO: nothing but a hole up to the end
  return { start, end: check("lseek", Number(lseek(fd, start, SEEK_HOLE))) };
}

/** One call must not hold a worker that is to stop. Bytes. */
const RANGE_BYTES = 64 * 1024 * 1024;

/**
 * Copies bytes within the kernel: copy_file_range(2).
 * @returns how many, up to the point where the kernel or the file systems could not: none at all between most of them.
 */
export function copyRange(from: number, to: number, start: number, length: number, beforeEach: () => void): number {
  let done = 0;
  while (done < length) {
    beforeEach();
    const at = start + done;
    const copied = Number(copyFileRange(from, [at], to, [at], Math.min(RANGE_BYTES, length - done), 0));
    if (copied <= 0) break;
    done += copied;
  }
  return done;
}
