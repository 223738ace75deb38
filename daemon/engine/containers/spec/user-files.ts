import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errnoOf } from "../../../base/errors.ts";
import { OPEN } from "../../../linux/open-flags.ts";
import { openIn } from "../../../linux/rooted.ts";
import { resolveUser, type ResolvedUser } from "../../../oci/user.ts";

/** More than any real passwd(5) has; the rest is not read. Bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * `user[:group]` in the files of a container's root: a folder of the host, or /proc/<pid>/root.
 * @throws EngineError InvalidParameter in Docker's words for a user that is not known there.
 */
export function userIn(root: string, user: string, groupAdd: readonly string[]): ResolvedUser {
  const rootFd = openSync(root, OPEN.path | OPEN.directory);
  try {
    const groupIsAsked = user.includes(":") || groupAdd.length > 0;
    const passwd = readIn(rootFd, "etc/passwd");
    // Root of an image without passwd is a member of nothing.
    const group = passwd === undefined && !groupIsAsked ? undefined : readIn(rootFd, "etc/group");
    return resolveUser(user, { passwd, group }, groupAdd);
  } finally {
    closeSync(rootFd);
  }
}

/** undefined when there is no such file, or something else in its place: a pipe would hold the daemon. */
function readIn(rootFd: number, path: string): string | undefined {
  let fd: number;
  try {
    fd = openIn(rootFd, path, OPEN.read | OPEN.nonBlock);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENXIO"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const bytes = Buffer.allocUnsafe(Math.min(stats.size, MAX_BYTES));
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
