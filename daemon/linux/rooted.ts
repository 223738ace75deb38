import { closeSync } from "node:fs";
import { constants } from "node:os";
import { errnoOf } from "../base/errors.ts";
import { check, lastErrno, libc } from "./libc.ts";
import { type PathLike, cPath, showPath } from "./c-path.ts";
import { makeDirectoryAt } from "./entries.ts";
import { OPEN } from "./open-flags.ts";

/** include/uapi/linux/openat2.h; how openat2(2) resolves a path. */
export const RESOLVE = {
  noMagicLinks: 0x02,
  noSymlinks: 0x04,
  beneath: 0x08,
  inRoot: 0x10,
} as const;

/** The same number on every architecture: it is newer than their split (include/uapi/asm-generic/unistd.h). */
const SYS_OPENAT2 = 437;
/** openat2 answers EAGAIN when a rename elsewhere may have moved `..` out of the root while it looked. */
const ATTEMPTS = 128;

const syscall = libc.func("long syscall(long number, long fd, const void *path, const void *how, long size)") as (
  number: number,
  fd: number,
  path: Uint8Array,
  how: Uint8Array,
  size: number,
) => number;

/**
 * Opens `path` as a process whose root directory is `rootFd` would: absolute names, `..` and symbolic links stay inside,
 * whoever changes the tree meanwhile. Links below /proc that jump elsewhere are refused.
 * @param mode permission bits for a file that O_CREAT makes.
 * @param resolve more of RESOLVE.
 * @returns a descriptor (O_CLOEXEC) that the caller closes.
 * @throws SyscallError ENOENT, ENOTDIR, ELOOP, … (openat2(2))
 */
export function openIn(rootFd: number, path: PathLike, flags: number, mode = 0, resolve = 0): number {
  const how = Buffer.alloc(24); // struct open_how: flags, mode, resolve
  how.writeUInt32LE(flags | OPEN.cloexec, 0);
  how.writeUInt32LE(mode, 8);
  how.writeUInt32LE(RESOLVE.inRoot | RESOLVE.noMagicLinks | resolve, 16);
  const name = cPath(path);
  for (let attempt = 1; ; attempt++) {
    const fd = syscall(SYS_OPENAT2, rootFd, name, how, how.length);
    if (fd >= 0) return fd;
    if (lastErrno() !== constants.errno.EAGAIN || attempt === ATTEMPTS) check("openat2", fd, showPath(path));
  }
}

/** `body` with a descriptor of `path` inside the root, closed afterwards. */
export function withOpenIn<R>(rootFd: number, path: PathLike, flags: number, body: (fd: number) => R): R {
  const fd = openIn(rootFd, path, flags);
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens the directory `path` inside the root (O_PATH), making what is missing on the way with `mode`. Links are followed
 * inside the root; nothing is made through one that leads nowhere.
 * @param onMade sees each directory that was made, as a path relative to the root.
 * @throws SyscallError ENOTDIR when something else is in the way; EEXIST for a link that leads nowhere.
 */
export function openDirectoryIn(
  rootFd: number,
  path: string,
  mode: number,
  encode: (path: string) => PathLike = cPath,
  onMade: (path: string) => void = () => undefined,
): number {
  const flags = OPEN.path | OPEN.directory;
  const open = (at: string): number => openIn(rootFd, encode(at === "" ? "." : at), flags);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  let fd = open("");
  for (let n = 0; n < parts.length; n++) {
    const at = parts.slice(0, n + 1).join("/");
    const parent = fd;
    try {
      fd = openOr(
        () => open(at),
        () => {
          makeDirectoryAt(parent, encode(parts[n] ?? ""), mode);
          onMade(at);
          return open(at);
        },
      );
    } finally {
      closeSync(parent);
    }
  }
  return fd;
}

function openOr(open: () => number, missing: () => number): number {
  try {
    return open();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return missing();
  }
}
