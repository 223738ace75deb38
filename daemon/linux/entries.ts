/**
 * Names in a directory that is held by its descriptor: what the path behind it becomes meanwhile does not matter. `name` is
 * one component. Every call throws SyscallError with the errno of its man page.
 */
import { check, libc } from "./libc.ts";
import { type PathLike, cPath, showPath } from "./c-path.ts";
import { OPEN } from "./open-flags.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;

/** File types of mknod(2), and of `st_mode`. */
export const TYPE = {
  mask: 0o170000,
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
} as const;

type Bytes = Uint8Array;
const openat = libc.func("int openat(int fd, const void *name, int flags, uint mode)") as (
  fd: number,
  name: Bytes,
  flags: number,
  mode: number,
) => number;
const mkdirat = libc.func("int mkdirat(int fd, const void *name, uint mode)") as (
  fd: number,
  name: Bytes,
  mode: number,
) => number;
const mknodat = libc.func("int mknodat(int fd, const void *name, uint mode, uint64 device)") as (
  fd: number,
  name: Bytes,
  mode: number,
  device: bigint,
) => number;
const symlinkat = libc.func("int symlinkat(const void *target, int fd, const void *name)") as (
  target: Bytes,
  fd: number,
  name: Bytes,
) => number;
const linkat = libc.func("int linkat(int from, const void *old, int to, const void *name, int flags)") as (
  from: number,
  old: Bytes,
  to: number,
  name: Bytes,
  flags: number,
) => number;
const renameat2 = libc.func("int renameat2(int from, const void *old, int to, const void *name, uint flags)") as (
  from: number,
  old: Bytes,
  to: number,
  name: Bytes,
  flags: number,
) => number;
const unlinkat = libc.func("int unlinkat(int fd, const void *name, int flags)") as (
  fd: number,
  name: Bytes,
  flags: number,
) => number;
const fchownat = libc.func("int fchownat(int fd, const void *name, uint uid, uint gid, int flags)") as (
  fd: number,
  name: Bytes,
  uid: number,
  gid: number,
  flags: number,
) => number;
const fchmodat = libc.func("int fchmodat(int fd, const void *name, uint mode, int flags)") as (
  fd: number,
  name: Bytes,
  mode: number,
  flags: number,
) => number;
const readlinkat = libc.func("long readlinkat(int fd, const void *name, void *buffer, size_t size)") as (
  fd: number,
  name: Bytes,
  buffer: Bytes,
  size: number,
) => number;

/** Never follows `name` when it is a link. */
export function openAt(fd: number, name: PathLike, flags: number, mode = 0): number {
  const result = openat(fd, cPath(name), flags | OPEN.noFollow | OPEN.cloexec, mode);
  return result >= 0 ? result : check("openat", result, showPath(name));
}

/** `mode` holds whatever the process's umask is: the bits are set again. */
export function makeDirectoryAt(fd: number, name: PathLike, mode: number): void {
  const path = cPath(name);
  check("mkdirat", mkdirat(fd, path, mode), showPath(name));
  check("fchmodat", fchmodat(fd, path, mode, 0), showPath(name));
}

/** @param mode a TYPE and permission bits (masked by the umask). */
export function makeNodeAt(fd: number, name: PathLike, mode: number, device = 0n): void {
  check("mknodat", mknodat(fd, cPath(name), mode, device), showPath(name));
}

/** makedev(3), for any major and minor that the kernel knows. */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & ~0xfffn) << 32n) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | (low & 0xffn);
}

export function symlinkAt(target: PathLike, fd: number, name: PathLike): void {
  check("symlinkat", symlinkat(cPath(target), fd, cPath(name)), showPath(name));
}

/** A second name for `old`, which is not followed when it is a link. */
export function linkAt(from: number, old: PathLike, to: number, name: PathLike): void {
  check("linkat", linkat(from, cPath(old), to, cPath(name), 0), `${showPath(old)} to ${showPath(name)}`);
}

/** @throws SyscallError EEXIST when `name` is taken. */
export function renameAt(from: number, old: PathLike, to: number, name: PathLike): void {
  const result = renameat2(from, cPath(old), to, cPath(name), RENAME_NOREPLACE);
  check("renameat2", result, `${showPath(old)} to ${showPath(name)}`);
}

/** `name` is replaced in one step: a file or a link by one, an empty directory by a directory. */
export function replaceAt(from: number, old: PathLike, to: number, name: PathLike): void {
  check("renameat2", renameat2(from, cPath(old), to, cPath(name), 0), `${showPath(old)} to ${showPath(name)}`);
}

export function unlinkAt(fd: number, name: PathLike): void {
  check("unlinkat", unlinkat(fd, cPath(name), 0), showPath(name));
}

export function removeDirectoryAt(fd: number, name: PathLike): void {
  check("unlinkat", unlinkat(fd, cPath(name), AT_REMOVEDIR), showPath(name));
}

/** Of the link itself, when `name` is one. */
export function ownAt(fd: number, name: PathLike, uid: number, gid: number): void {
  check("fchownat", fchownat(fd, cPath(name), uid, gid, AT_SYMLINK_NOFOLLOW), showPath(name));
}

/** Follows a link (a link has no mode of its own): the caller knows that `name` is none. */
export function modeAt(fd: number, name: PathLike, mode: number): void {
  check("fchmodat", fchmodat(fd, cPath(name), mode, 0), showPath(name));
}

/** The target of a link, as bytes that end with a NUL. */
export function readLinkAt(fd: number, name: PathLike): Uint8Array & PathLike {
  const buffer = Buffer.alloc(4097); // PATH_MAX and the NUL
  const length = check("readlinkat", readlinkat(fd, cPath(name), buffer, buffer.length - 1), showPath(name));
  return buffer.subarray(0, length + 1) as Uint8Array as Uint8Array & PathLike;
}
