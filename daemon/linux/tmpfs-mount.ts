/** A tmpfs of its own for what several containers share. */
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { cPath } from "./c-path.ts";
import { check, lastErrno, libc, SyscallError } from "./libc.ts";

const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

type Bytes = Uint8Array;
const mount = libc.func(
  "int mount(const void *source, const void *target, const void *type, ulong flags, const void *data)",
) as (source: Bytes, target: Bytes, type: Bytes, flags: number, data: Bytes) => number;
const umount2 = libc.func("int umount2(const void *target, int flags)") as (target: Bytes, flags: number) => number;

/**
 * Mounts at `path`, made when missing, with mode 1777. The path's parent is the caller's own.
 * @param size bytes.
 */
export function mountTmpfs(path: string, size: number): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const data = cPath(`mode=1777,size=${size}`);
  check("mount", mount(cPath("shm"), cPath(path), cPath("tmpfs"), MS_NOSUID | MS_NODEV | MS_NOEXEC, data), path);
}

/** Takes it off and its mount point away. Idempotent: nothing there is fine. */
export function unmountTmpfs(path: string): void {
  if (!existsSync(path)) return;
  if (umount2(cPath(path), MNT_DETACH | UMOUNT_NOFOLLOW) !== 0) {
    const failure = new SyscallError("umount2", lastErrno(), path);
    if (failure.code !== "EINVAL" && failure.code !== "ENOENT") throw failure;
  }
  rmdirSync(path);
}
