import type { LogFile } from "./log-files.ts";

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

export interface LogPlace {
  /** Index into the files. */
  readonly file: number;
  /** Bytes. */
  readonly offset: number;
}

/**
 * Where the last `count` lines begin, found from the end backwards.
 * @param files the oldest first.
 */
export async function tailPlace(files: readonly LogFile[], count: number): Promise<LogPlace> {
  let wanted = count;
  for (let file = files.length - 1; file >= 0; file--) {
    const { handle } = files[file] as LogFile;
    const { size } = await handle.stat();
    if (wanted <= 0) return { file, offset: size };
    const found = await lastLines(files[file] as LogFile, size, wanted);
    if (found.missing === 0) return { file, offset: found.offset };
    wanted = found.missing;
  }
  return { file: 0, offset: 0 };
}

async function lastLines(
  { handle }: LogFile,
  size: number,
  wanted: number,
): Promise<{ readonly offset: number; readonly missing: number }> {
  const block = Buffer.allocUnsafe(Math.min(BLOCK, size));
  // The newline at the very end closes a line and begins none; a last line without one is still being written.
  let seen = -1;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    for (let at = block.subarray(0, bytesRead).lastIndexOf(NEWLINE); at >= 0;) {
      if (++seen === wanted) return { offset: start + at + 1, missing: 0 };
      at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1);
    }
    end = start;
  }
  // The first line of the file has no newline before it.
  return { offset: 0, missing: wanted - (seen + 1) };
}
