/** Archives built in code, byte by byte, so that a test can also build the wrong ones. POSIX.1-2001 pax interchange format. */

export interface TarEntry {
  /** As it stands in the header: absolute, with `..`, whatever the test is about. */
  readonly name: string;
  readonly type?: "file" | "hardlink" | "symlink" | "character" | "block" | "directory" | "fifo";
  readonly data?: Buffer | string;
  /** Permission bits; 0644, or 0755 for a directory. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since the epoch. */
  readonly mtime?: number;
  readonly link?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Extra pax records: `SCHILY.xattr.user.note`. */
  readonly pax?: Readonly<Record<string, string>>;
  /** Instead of the true length: a header that lies. Bytes. */
  readonly claimedSize?: number;
}

const BLOCK = 512;
const FLAGS = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const;

export function tarArchive(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(2 * BLOCK)]);
}

function tarEntry(entry: TarEntry): readonly Buffer[] {
  const data = Buffer.from(entry.data ?? "");
  const long: Record<string, string> = { ...entry.pax };
  if (Buffer.byteLength(entry.name) > 100) long["path"] = entry.name;
  if (Buffer.byteLength(entry.link ?? "") > 100) long["linkpath"] = entry.link ?? "";
  const records = Buffer.concat(Object.entries(long).map(([key, value]) => paxRecord(key, value)));
  const pax = records.length === 0 ? [] : [header({ name: "PaxHeaders/entry" }, "x", records.length), padded(records)];
  const flag = FLAGS[entry.type ?? "file"];
  return [...pax, header(entry, flag, entry.claimedSize ?? data.length), padded(data)];
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

/** "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function header(entry: TarEntry, flag: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): number =>
    block.write(value.toString(8).padStart(width - 1, "0"), at, width - 1, "latin1");
  block.write(entry.name.slice(0, 100), 0, 100);
  octal(entry.mode ?? (entry.type === "directory" ? 0o755 : 0o644), 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime ?? 1_700_000_000, 136, 12);
  block.fill(" ", 148, 156);
  block.write(flag, 156);
  block.write((entry.link ?? "").slice(0, 100), 157, 100);
  block.write("ustar\u000000", 257, "latin1");
  octal(entry.device?.[0] ?? 0, 329, 8);
  octal(entry.device?.[1] ?? 0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
