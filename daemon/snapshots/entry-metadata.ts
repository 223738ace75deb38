import { errnoOf } from "../base/errors.ts";
import { type CPath, cPathOfBytes } from "../linux/c-path.ts";
import { own, setMode, setModifiedAt } from "../linux/descriptors.ts";
import { modeAt, ownAt } from "../linux/entries.ts";
import { procPath } from "../linux/walk-tree.ts";
import { isUnsupported, setXattr, setXattrOf } from "../linux/xattr.ts";
import type { TarEntry } from "../oci/tar/entry.ts";

/** A layer must not speak to overlayfs: what is opaque, redirected or hidden is said by whiteouts alone. */
const OVERLAY_XATTR = /^(?:trusted|user)\.overlay\./;

/** Owner, mode, attributes of an open file or directory, in the order in which none undoes another (chown(2), capabilities(7)). */
export function describe(fd: number, entry: TarEntry, userXattr: boolean): void {
  own(fd, entry.uid, entry.gid);
  setMode(fd, entry.mode);
  eachXattr(entry, userXattr, (name, value) => setXattr(fd, name, value));
}

/** The same for what cannot be opened: a link, a device, a fifo; and its time. */
export function describeName(directory: number, base: string, entry: TarEntry, userXattr: boolean): void {
  const name = cPathOfBytes(base);
  ownAt(directory, name, entry.uid, entry.gid);
  if (entry.type !== "symlink") modeAt(directory, name, entry.mode);
  eachXattr(entry, userXattr, (key, value) => setXattrOf(overlayPath(directory, base), key, value));
  setModifiedAt(directory, name, entry.modified);
}

/** A name in an open directory as a path for the calls that take no descriptor. */
export function overlayPath(directory: number, base: string): CPath {
  return cPathOfBytes(procPath(directory, base).toString("latin1"));
}

function eachXattr(entry: TarEntry, userXattr: boolean, set: (name: CPath, value: Buffer) => void): void {
  for (const [name, value] of entry.xattrs) {
    if (OVERLAY_XATTR.test(name)) continue;
    try {
      set(cPathOfBytes(name), value);
    } catch (error) {
      if (!mayLack(name, errnoOf(error), userXattr)) throw error;
    }
  }
}

/** A file system without attributes still gets the file; links and devices have no `user.` ones, and a user namespace no trusted ones. */
function mayLack(name: string, code: string | undefined, userXattr: boolean): boolean {
  return isUnsupported(code) || (code === "EPERM" && (userXattr || name.startsWith("user.")));
}
