/** A tree as lines of text, so that two can be compared whole. */
import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync, readFileSync, readdirSync } from "node:fs";
import { cPathOfBytes } from "../../daemon/linux/c-path.ts";
import { readLinkAt } from "../../daemon/linux/entries.ts";
import { xattrNames, xattrOf } from "../../daemon/linux/xattr.ts";

export interface ListingOptions {
  /** Without the times of directories: what is moved about inside changes them. */
  readonly directoryTimes?: boolean;
}

/**
 * One line a name, sorted: type and mode, owner, size, device, modification time in nanoseconds, which names share an inode,
 * the link's target, attributes, a digest of the bytes. Names are byte strings.
 */
export function listTree(root: string, options: ListingOptions = {}): readonly string[] {
  const lines: string[] = [];
  const firstNames = new Map<bigint, string>();
  const walk = (path: string): void => {
    const place = Buffer.from(path === "" ? root : `${root}/${path}`, "latin1");
    const stats = lstatSync(place, { bigint: true });
    lines.push([JSON.stringify(path), ...facts(place, stats, options), shared(stats, path, firstNames)].join(" "));
    if (!stats.isDirectory()) return;
    const names = readdirSync(place, { encoding: "buffer" }).map((name) => name.toString("latin1"));
    for (const name of names.sort()) walk(path === "" ? name : `${path}/${name}`);
  };
  walk("");
  return lines;
}

function facts(place: Buffer, stats: BigIntStats, options: ListingOptions): readonly string[] {
  const isDirectory = stats.isDirectory();
  const path = cPathOfBytes(place.toString("latin1"));
  const xattrs = xattrNames(path)
    .toSorted()
    .map((name) => `${name}=${xattrOf(path, cPathOfBytes(name))?.toString("base64")}`);
  return [
    stats.mode.toString(8),
    `${stats.uid}:${stats.gid}`,
    isDirectory ? "-" : `${stats.size}`,
    stats.isCharacterDevice() || stats.isBlockDevice() ? `device=${stats.rdev}` : "",
    isDirectory && options.directoryTimes === false ? "" : `mtime=${stats.mtimeNs}`,
    stats.isSymbolicLink() ? `target=${target(place)}` : "",
    xattrs.join(","),
    stats.isFile() ? createHash("sha256").update(readFileSync(place)).digest("hex") : "",
  ];
}

const AT_FDCWD = -100;

function target(place: Buffer): string {
  return JSON.stringify(Buffer.from(readLinkAt(AT_FDCWD, cPathOfBytes(place.toString("latin1")))).toString("latin1"));
}

function shared(stats: BigIntStats, path: string, firstNames: Map<bigint, string>): string {
  if (stats.isDirectory() || stats.nlink === 1n) return "";
  const first = firstNames.get(stats.ino);
  if (first === undefined) firstNames.set(stats.ino, path);
  return `links=${stats.nlink},same-as=${JSON.stringify(first ?? path)}`;
}
