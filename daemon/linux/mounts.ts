/** mount(2) and umount2(2) for what is not an overlay: file systems by type, binds by path or descriptor. */
import { closeSync } from "node:fs";
import { EngineError, errnoOf } from "../base/errors.ts";
import { cPath } from "./c-path.ts";
import { openAt } from "./entries.ts";
import { SyscallError, check, lastErrno, libc } from "./libc.ts";
import { MS, type MountOptions } from "./mount-options.ts";
import { OPEN } from "./open-flags.ts";
import { isMountRoot } from "./statx.ts";

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const AT_FDCWD = -100;

type Bytes = Uint8Array;
const mount = libc.func(
  "int mount(const void *source, const void *target, const void *type, ulong flags, const void *data)",
) as (source: Bytes, target: Bytes, type: Bytes | null, flags: number, data: Bytes | null) => number;
const umount2 = libc.func("int umount2(const void *target, int flags)") as (target: Bytes, flags: number) => number;

export interface FileSystemMount {
  readonly device: string;
  readonly target: string;
  readonly type: string;
  readonly options: MountOptions;
}

/** Errors that are the network's, not the caller's. */
const UNREACHABLE = new Set(["EAGAIN", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EIO", "ENETUNREACH", "ETIMEDOUT"]);

/**
 * All of it or nothing. May wait as long as a network does: for anything but tmpfs and binds, in a worker.
 * @throws EngineError InvalidParameter, Unavailable where a server cannot be reached: in Docker's words.
 */
export function mountFileSystem(wanted: FileSystemMount): void {
  try {
    mountOrThrow(wanted);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const { device, target, options } = wanted;
    const flags = options.flags === 0 ? "" : `, flags: 0x${options.flags.toString(16)}`;
    const data = options.data === "" ? "" : `, data: ${withoutPasswords(options.data)}`;
    throw new EngineError(
      UNREACHABLE.has(error.code) ? "Unavailable" : "InvalidParameter",
      `mount ${device}:${target}${flags}${data}: ${error.reason.toLowerCase()}`,
      { cause: error },
    );
  }
}

/** Errors go into logs and to clients. Names as in mount.cifs(8). */
function withoutPasswords(data: string): string {
  return data.replaceAll(/(?<=^|,)(pass|password|password2)=[^,]*/g, "$1=********");
}

function mountOrThrow({ device, target, type, options }: FileSystemMount): void {
  const { flags, propagation, data } = options;
  const text = data === "" ? null : cPath(data);
  check("mount", mount(cPath(device), cPath(target), cPath(type), flags, text));
  try {
    // A bind takes no flags of its own when it is made (mount(2), "Creating a bind mount").
    if ((flags & MS.bind) !== 0 && (flags & ~(MS.bind | MS.recursive)) !== 0) remount(target, flags & ~MS.recursive);
    if (propagation !== 0) setPropagation(target, propagation);
  } catch (error) {
    unmount(target);
    throw error;
  }
}

function remount(target: string, flags: number): void {
  check("mount", mount(cPath("none"), cPath(target), null, flags | MS.remount, null), `options of ${target}`);
}

function setPropagation(target: string, flags: number): void {
  check("mount", mount(cPath("none"), cPath(target), null, flags, null), `propagation of ${target}`);
}

/** Shows what an open descriptor (O_PATH will do) stands for at `target`, whatever its path has become; mounts below it too. */
export function bindDescriptor(fd: number, target: string): void {
  const source = cPath(`/proc/self/fd/${fd}`);
  check("mount", mount(source, cPath(target), null, MS.bind | MS.recursive, null), `descriptor ${fd} at ${target}`);
  setPropagation(target, MS.private | MS.recursive);
}

/** Takes the topmost mount off at once; who still uses it keeps it until then. @returns false when nothing was mounted there. */
export function unmount(target: string): boolean {
  if (umount2(cPath(target), MNT_DETACH | UMOUNT_NOFOLLOW) === 0) return true;
  const failure = new SyscallError("umount2", lastErrno(), target);
  if (failure.code !== "EINVAL" && failure.code !== "ENOENT") throw failure;
  return false;
}

/** Whether something is mounted at `path` itself; nothing is at what is missing. */
export function isMounted(path: string): boolean {
  let fd: number;
  try {
    fd = openAt(AT_FDCWD, path, OPEN.path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw error;
  }
  try {
    return isMountRoot(fd);
  } finally {
    closeSync(fd);
  }
}
