import { type TarEntry, type TarTime, type TarType, malformed } from "./entry.ts";
import { type TarHeader, nonNegative } from "./header.ts";
import { type PaxRecords, paxInteger, paxTime } from "./pax.ts";

/** What blocks before an entry's own header say about it. */
export interface EntryMeta {
  /** GNU `L` and `K` blocks. */
  readonly longName?: string;
  readonly longLink?: string;
  readonly pax?: PaxRecords;
}

const TYPES: Readonly<Record<string, TarType>> = {
  "0": "file",
  "\0": "file",
  "7": "file", // contiguous: no system has such files
  S: "file", // old GNU sparse
  "1": "hardlink",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  D: "directory", // GNU dump directory; the list of names in it is skipped
  "6": "fifo",
};

/** PATH_MAX of Linux with room: a longer name can be in an archive, but not in a file system. Bytes. */
const NAME_MAX = 4096;
const XATTR = "SCHILY.xattr.";
/** Linux takes no longer value for an attribute (XATTR_SIZE_MAX). */
const XATTR_SIZE_MAX = 65536;

/** The entry as its header and everything before it say together; pax wins over GNU, GNU over the header. */
export function composeEntry(header: TarHeader, meta: EntryMeta, globals: ReadonlyMap<string, string>): TarEntry {
  const pax = meta.pax?.values;
  const value = (key: string): string | undefined => pax?.get(key) ?? globals.get(key);
  const name = pax?.get("GNU.sparse.name") ?? pax?.get("path") ?? meta.longName ?? header.name;
  const type = typeOf(header, name);
  const entry = {
    type,
    name,
    linkName: pax?.get("linkpath") ?? meta.longLink ?? header.linkName,
    mode: header.mode & 0o7777,
    uid: idOf(value("uid"), header.uid, "uid"),
    gid: idOf(value("gid"), header.gid, "gid"),
    userName: value("uname") ?? header.userName,
    groupName: value("gname") ?? header.groupName,
    size: type === "file" ? storedSize(header, meta) : 0,
    modified: timeOf(value("mtime"), header.mtime),
    device: { major: nonNegative(header.major, "devmajor"), minor: nonNegative(header.minor, "devminor") },
    xattrs: xattrsOf(pax),
  };
  checkEntry(entry);
  return entry;
}

/** Bytes in the archive behind the header: only files have any, whatever the size field of others says. */
export function storedSize(header: TarHeader, meta: EntryMeta): number {
  const size = meta.pax?.values.get("size");
  return size === undefined ? header.size : paxInteger(size, "size");
}

function typeOf(header: TarHeader, name: string): TarType {
  const type = TYPES[header.flag];
  if (type === undefined) throw malformed(`its type ${JSON.stringify(header.flag)} is unknown`, name);
  // Before POSIX a directory was a file whose name ends with a slash.
  return type === "file" && header.flag !== "S" && name.endsWith("/") ? "directory" : type;
}

function idOf(pax: string | undefined, header: number, key: string): number {
  const id = pax === undefined ? header : paxInteger(pax, key);
  // 2^32 - 1 means "leave as it is" to chown(2).
  if (id < 0 || id >= 0xffff_ffff) throw malformed(`${key} ${id} is out of range`);
  return id;
}

function timeOf(pax: string | undefined, header: number): TarTime {
  return pax === undefined ? { seconds: header, nanoseconds: 0 } : paxTime(pax, "mtime");
}

function xattrsOf(pax: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, Buffer> {
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of pax ?? []) {
    if (!key.startsWith(XATTR)) continue;
    if (value.length > XATTR_SIZE_MAX) throw malformed(`extended attribute ${key.slice(XATTR.length)} is too long`);
    xattrs.set(key.slice(XATTR.length), Buffer.from(value, "latin1"));
  }
  return xattrs;
}

function checkEntry(entry: TarEntry): void {
  if (entry.name === "") throw malformed("an entry has no name");
  if (entry.name.length > NAME_MAX) throw malformed(`its name is longer than ${NAME_MAX} bytes`, entry.name);
  if (entry.linkName.length > NAME_MAX) throw malformed(`its target is longer than ${NAME_MAX} bytes`, entry.name);
}
