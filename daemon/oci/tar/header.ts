import { BLOCK, malformed } from "./entry.ts";

/**
 * The fields of one header block, decoded and no more: what other blocks say about the entry (pax, GNU long names) is the
 * parser's. POSIX.1-2024 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
export interface TarHeader {
  /** `typeflag`, one character; NUL for the oldest archives. */
  readonly flag: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow, before padding. */
  readonly size: number;
  readonly mtime: number;
  readonly userName: string;
  readonly groupName: string;
  readonly major: number;
  readonly minor: number;
  /** Whose extensions the block uses. */
  readonly format: "v7" | "ustar" | "gnu";
}

/**
 * @param block 512 bytes.
 * @returns undefined for the block of zeros that ends an archive.
 * @throws EngineError InvalidParameter for a wrong checksum or a number that is none.
 */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  if (isZero(block)) return undefined;
  checkSum(block);
  const format = formatOf(block);
  const prefix = format === "ustar" ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    name: prefix === "" ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    mode: number(block, 100, 8, "mode"),
    uid: number(block, 108, 8, "uid"),
    gid: number(block, 116, 8, "gid"),
    size: nonNegative(number(block, 124, 12, "size"), "size"),
    mtime: number(block, 136, 12, "mtime"),
    userName: format === "v7" ? "" : text(block, 265, 32),
    groupName: format === "v7" ? "" : text(block, 297, 32),
    major: format === "v7" ? 0 : number(block, 329, 8, "devmajor"),
    minor: format === "v7" ? 0 : number(block, 337, 8, "devminor"),
    format,
  };
}

export function isZero(bytes: Buffer): boolean {
  for (let n = 0; n < bytes.length; n++) if (bytes[n] !== 0) return false;
  return true;
}

function formatOf(block: Buffer): TarHeader["format"] {
  const magic = block.toString("latin1", 257, 265);
  if (magic === "ustar  \0") return "gnu";
  return magic.startsWith("ustar\0") ? "ustar" : "v7";
}

/** The sum of all bytes with the field itself as spaces; old writers summed signed characters. */
function checkSum(block: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  for (let n = 0; n < BLOCK; n++) {
    const byte = n >= 148 && n < 156 ? 0x20 : (block[n] ?? 0);
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const stored = number(block, 148, 8, "checksum");
  if (stored !== unsigned && stored !== signed) throw malformed("a header's checksum does not match");
}

/** Up to the first NUL, or the whole field. */
function text(block: Buffer, at: number, width: number): string {
  const end = block.indexOf(0, at);
  return block.toString("latin1", at, end < 0 || end > at + width ? at + width : end);
}

/** Octal digits, or base-256: the first bit set, big-endian two's complement (GNU tar manual, "Extensions"). */
export function number(block: Buffer, at: number, width: number, field: string): number {
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return base256(block, at, width, field);
  // Fields of zero bytes or spaces alone mean 0: some writers leave what does not apply empty.
  const digits = text(block, at, width).trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) throw malformed(`${field} is not an octal number`);
  return Number.parseInt(digits, 8);
}

function base256(block: Buffer, at: number, width: number, field: string): number {
  const negative = ((block[at] ?? 0) & 0x40) !== 0;
  let value = BigInt((block[at] ?? 0) & 0x7f);
  for (let n = at + 1; n < at + width; n++) value = (value << 8n) | BigInt(block[n] ?? 0);
  if (negative) value -= 1n << BigInt(8 * width - 1);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw malformed(`${field} is out of range`);
  return result;
}

export function nonNegative(value: number, field: string): number {
  if (value < 0) throw malformed(`${field} is negative`);
  return value;
}
