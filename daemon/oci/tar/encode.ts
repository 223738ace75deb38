import { BLOCK, type TarEntry, type TarType } from "./entry.ts";
import { encodePax, formatPaxTime } from "./pax.ts";
import type { Extent } from "./sparse.ts";

const FLAGS = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const satisfies Record<TarType, string>;

/** What fits a ustar field: bytes of a name, and the largest number of octal digits. */
const NAME_MAX = 100;
const ID_MAX = 0o7777777;
const SIZE_MAX = 0o77777777777;

/** The end of an archive. */
export function encodeEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

/** Zeros up to the next whole block behind `size` bytes. */
export function encodePadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * The blocks in front of an entry's bytes: one ustar header, and before it a pax header with what does not fit there: long or
 * non-ASCII names, fractions of seconds, large numbers, extended attributes. `size` bytes and their padding come next.
 */
export function encodeHeader(entry: TarEntry): Buffer {
  return withPax(entry, paxRecords(entry), ustar(entry, FLAGS[entry.type], entry.size));
}

/**
 * The same for a file with holes (GNU tar manual, "PAX Format, Version 1.0"): a map of its extents comes in front of their bytes,
 * which come next, one after the other, padded together.
 * @returns the blocks, map included, and how many bytes with the map's are to be padded.
 */
export function encodeSparseHeader(
  entry: TarEntry,
  extents: readonly Extent[],
): { readonly blocks: Buffer; readonly stored: number } {
  const numbers = [extents.length, ...extents.flatMap(({ offset, length }) => [offset, length])];
  const text = Buffer.from(`${numbers.join("\n")}\n`);
  const map = Buffer.concat([text, encodePadding(text.length)]);
  const stored = extents.reduce((sum, { length }) => sum + length, map.length);
  const name = `GNUSparseFile.0/${entry.name.slice(-80).replace(/^.*\/(?=.)/, "")}`;
  const records = new Map([
    ...paxRecords(entry),
    ["GNU.sparse.major", "1"],
    ["GNU.sparse.minor", "0"],
    ["GNU.sparse.name", entry.name],
    ["GNU.sparse.realsize", String(entry.size)],
  ]);
  // The name and the size are of what is stored; what the file is called and how long it is stands in the map's records.
  records.delete("path");
  records.delete("size");
  if (stored > SIZE_MAX) records.set("size", String(stored));
  const header = withPax(entry, records, ustar({ ...entry, name }, FLAGS.file, stored));
  return { blocks: Buffer.concat([header, map]), stored };
}

function withPax(entry: TarEntry, records: ReadonlyMap<string, string>, header: Buffer): Buffer {
  if (records.size === 0) return header;
  const body = encodePax(records);
  const name = `PaxHeaders.0/${entry.name.slice(-80).replace(/^.*\/(?=.)/, "")}`;
  const carrier = { ...entry, name, linkName: "", mode: 0o644 };
  return Buffer.concat([ustar(carrier, "x", body.length), body, encodePadding(body.length), header]);
}

function paxRecords(entry: TarEntry): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  if (!fitsName(entry.name)) records.set("path", entry.name);
  if (!fitsName(entry.linkName)) records.set("linkpath", entry.linkName);
  if (entry.uid > ID_MAX) records.set("uid", String(entry.uid));
  if (entry.gid > ID_MAX) records.set("gid", String(entry.gid));
  if (entry.size > SIZE_MAX) records.set("size", String(entry.size));
  const { seconds, nanoseconds } = entry.modified;
  if (seconds < 0 || seconds > SIZE_MAX || nanoseconds !== 0) records.set("mtime", formatPaxTime(entry.modified));
  for (const [name, value] of entry.xattrs) records.set(`SCHILY.xattr.${name}`, value.toString("latin1"));
  return records;
}

/** ustar promises only ASCII in its fields. */
function fitsName(name: string): boolean {
  return name.length <= NAME_MAX && /^[\x01-\x7f]*$/.test(name);
}

function ustar(entry: TarEntry, flag: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, at: number, width: number): number => block.write(value, at, width, "latin1");
  const octal = (value: number, at: number, width: number, max: number): number =>
    text((value < 0 || value > max ? 0 : value).toString(8).padStart(width - 1, "0"), at, width - 1);
  text(entry.name, 0, NAME_MAX);
  octal(entry.mode, 100, 8, ID_MAX);
  octal(entry.uid, 108, 8, ID_MAX);
  octal(entry.gid, 116, 8, ID_MAX);
  octal(size, 124, 12, SIZE_MAX);
  octal(entry.modified.seconds, 136, 12, SIZE_MAX);
  block.fill(" ", 148, 156);
  text(flag, 156, 1);
  text(entry.linkName, 157, NAME_MAX);
  text("ustar\u000000", 257, 8);
  text(entry.userName, 265, 31);
  text(entry.groupName, 297, 31);
  octal(entry.device.major, 329, 8, ID_MAX);
  octal(entry.device.minor, 337, 8, ID_MAX);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
  return block;
}
