/** Extended attributes (xattr(7)). Of a link itself: the path calls do not follow the last component. */
import { errnoOf } from "../base/errors.ts";
import { type PathLike, cPath, cPathOfBytes, showPath } from "./c-path.ts";
import { SyscallError, check, lastErrno, libc } from "./libc.ts";

type Bytes = Uint8Array;
const fsetxattr = libc.func("int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)") as (
  fd: number,
  name: Bytes,
  value: Bytes,
  size: number,
  flags: number,
) => number;
const lsetxattr = libc.func(
  "int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)",
) as (path: Bytes, name: Bytes, value: Bytes, size: number, flags: number) => number;
const lgetxattr = libc.func("long lgetxattr(const void *path, const void *name, void *value, size_t size)") as (
  path: Bytes,
  name: Bytes,
  value: Bytes | null,
  size: number,
) => number;
const fgetxattr = libc.func("long fgetxattr(int fd, const void *name, void *value, size_t size)") as (
  fd: number,
  name: Bytes,
  value: Bytes | null,
  size: number,
) => number;
const flistxattr = libc.func("long flistxattr(int fd, void *list, size_t size)") as (
  fd: number,
  list: Bytes | null,
  size: number,
) => number;
const llistxattr = libc.func("long llistxattr(const void *path, void *list, size_t size)") as (
  path: Bytes,
  list: Bytes | null,
  size: number,
) => number;

export function setXattr(fd: number, name: PathLike, value: Uint8Array): void {
  check("fsetxattr", fsetxattr(fd, cPath(name), value, value.byteLength, 0), showPath(name));
}

export function setXattrOf(path: PathLike, name: PathLike, value: Uint8Array): void {
  const result = lsetxattr(cPath(path), cPath(name), value, value.byteLength, 0);
  check("lsetxattr", result, `${showPath(name)} of ${showPath(path)}`);
}

/** Undefined when there is no such attribute, or the file system has none at all. */
export function xattrOf(path: PathLike, name: PathLike): Buffer | undefined {
  return sized((buffer, size) => lgetxattr(cPath(path), cPath(name), buffer, size), "lgetxattr", path);
}

export function xattrNames(path: PathLike): readonly string[] {
  const list = sized((buffer, size) => llistxattr(cPath(path), buffer, size), "llistxattr", path);
  return list === undefined ? [] : list.toString("latin1").split("\0").slice(0, -1);
}

/** Asks for the size, then for the bytes; again when it grew between the two. */
function sized(call: (buffer: Bytes | null, size: number) => number, name: string, path: PathLike): Buffer | undefined {
  for (;;) {
    const size = call(null, 0);
    if (size < 0 && isAbsence(new SyscallError(name, lastErrno()).code)) return undefined;
    const buffer = Buffer.alloc(check(name, size, showPath(path)));
    const length = size === 0 ? 0 : call(buffer, size);
    if (length >= 0) return buffer.subarray(0, length);
    const failure = new SyscallError(name, lastErrno(), showPath(path));
    if (isAbsence(failure.code)) return undefined;
    if (failure.code !== "ERANGE") throw failure;
  }
}

function isAbsence(code: string): boolean {
  return code === "ENODATA" || isUnsupported(code);
}

/** EOPNOTSUPP, which is the same number as ENOTSUP: the file system has no attributes, or not these. */
export function isUnsupported(code: string | undefined): boolean {
  return code === "EOPNOTSUPP" || code === "ENOTSUP";
}

/** The overlay's own notes about a directory are not the directory's. */
const OVERLAY_XATTR = /^(trusted|user)\.overlay\./;

/** From one open file to another. A file system that has no attributes, or not these, still gets the file. */
export function copyXattrs(from: number, to: number): void {
  const size = flistxattr(from, null, 0);
  if (size === 0) return; // nearly always
  const list = sized((buffer, length) => flistxattr(from, buffer, length), "flistxattr", "");
  for (const name of namesOf(list)) {
    const value = sized((buffer, length) => fgetxattr(from, cPathOfBytes(name), buffer, length), "fgetxattr", name);
    if (value !== undefined) tolerating(() => setXattr(to, cPathOfBytes(name), value));
  }
}

/** The same for what cannot be opened: links, devices. @param from, to paths. */
export function copyXattrsAt(from: Buffer, to: Buffer): void {
  const [source, target] = [cPathOfBytes(from.toString("latin1")), cPathOfBytes(to.toString("latin1"))];
  for (const name of xattrNames(source)) {
    const value = OVERLAY_XATTR.test(name) ? undefined : xattrOf(source, cPathOfBytes(name));
    if (value !== undefined) tolerating(() => setXattrOf(target, cPathOfBytes(name), value));
  }
}

function namesOf(list: Buffer | undefined): readonly string[] {
  const names = list === undefined ? [] : list.toString("latin1").split("\0").slice(0, -1);
  return names.filter((name) => !OVERLAY_XATTR.test(name));
}

function tolerating(set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!isUnsupported(errnoOf(error))) throw error;
  }
}
