/** Overlay mounts for the snapshotter (Documentation/filesystems/overlayfs.rst), as one mount(2) that every kernel knows. */
import { closeSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../base/errors.ts";
import { cPath } from "./c-path.ts";
import { check, inBackground, lastErrno, libc, SyscallError } from "./libc.ts";
import { OPEN } from "./open-flags.ts";

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const OVERLAYFS_MAGIC = 0x794c7630;
/** mount(2) takes one page of options, with its NUL. */
const OPTIONS_MAX = 4095;

type Bytes = Uint8Array;
const mount = libc.func(
  "int mount(const void *source, const void *target, const void *type, ulong flags, const void *data)",
) as (source: Bytes, target: Bytes, type: Bytes, flags: number, data: Bytes) => number;
const umountFunction = libc.func("int umount2(const void *target, int flags)");
const umount2 = umountFunction as unknown as (target: Bytes, flags: number) => number;

export interface OverlayMount {
  /** Lower directories, top first. */
  readonly lower: readonly string[];
  /**
   * A directory with a link `0`, `1`, … to each of `lower`, used when their paths together are too long: 180 layers then fit.
   */
  readonly links: string | undefined;
  readonly upper: string;
  readonly work: string;
  readonly target: string;
  readonly options: readonly string[];
}

/** @throws SyscallError; RangeError when even the short form does not fit. */
export function mountOverlay(overlay: OverlayMount): void {
  const plain = optionsOf(overlay, overlay.lower);
  if (plain.length <= OPTIONS_MAX) return mountWith(overlay.target, plain);
  if (overlay.links === undefined) throw new RangeError(`${overlay.lower.length} layers are too many for one mount`);
  const folder = openSync(overlay.links, OPEN.read | OPEN.directory);
  try {
    const short = optionsOf(
      overlay,
      overlay.lower.map((_, n) => `/proc/self/fd/${folder}/${n}`),
    );
    if (short.length > OPTIONS_MAX) throw new RangeError(`${overlay.lower.length} layers are too many for one mount`);
    mountWith(overlay.target, short);
  } finally {
    closeSync(folder);
  }
}

function optionsOf({ upper, work, options }: OverlayMount, lower: readonly string[]): string {
  const paths = [
    `lowerdir=${lower.map(escapeLower).join(":")}`,
    `upperdir=${escape(upper)}`,
    `workdir=${escape(work)}`,
  ];
  return [...paths, ...options].join(",");
}

const escape = (path: string): string => path.replace(/[\\,]/g, "\\$&");
const escapeLower = (path: string): string => path.replace(/[\\,:]/g, "\\$&");

function mountWith(target: string, options: string): void {
  check("mount", mount(cPath("overlay"), cPath(target), cPath("overlay"), 0, cPath(options)), `overlay at ${target}`);
}

/** Whether an overlay is mounted at `target` itself. */
export function isOverlayMounted(target: string): boolean {
  try {
    if (statfsSync(target).type !== OVERLAYFS_MAGIC) return false;
    return statSync(target).dev !== statSync(dirname(target)).dev;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Takes the mount off; who still uses it keeps it until then. Idempotent: nothing mounted there is fine. On another thread: before
 * it returns the kernel forgets every name that was looked up below, three milliseconds for a thousand.
 */
export async function unmountOverlay(target: string): Promise<void> {
  const path = cPath(target);
  const flags = MNT_DETACH | UMOUNT_NOFOLLOW;
  if ((await inBackground(umountFunction, path, flags)) === 0) return;
  // The reason stayed with that thread.
  const result = umount2(path, flags);
  if (result === 0) return;
  const failure = new SyscallError("umount2", lastErrno(), target);
  if (failure.code !== "EINVAL" && failure.code !== "ENOENT") throw failure;
}
