import { ProtocolError } from "./errors.ts";

/** A longer line is an attack or a bug: memory must not grow with the stream. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * JSON values, one a line (`\n` or `\r\n`), however the chunks are cut. Empty lines are skipped; a last line needs no end.
 * @throws ProtocolError when a line is no JSON or longer than `maxLineBytes`.
 */
export async function* jsonLines<T>(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<T, void, undefined> {
  for await (const line of textLines(source, maxLineBytes)) yield parseLine<T>(line);
}

/** The lines themselves, trimmed, without the empty ones. @throws ProtocolError for one longer than `maxLineBytes`. */
export async function* textLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<string, void, undefined> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = lineOf([...pending, chunk.subarray(start, end)]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) throw new ProtocolError(`a line of more than ${maxLineBytes} bytes`);
  }
  const line = lineOf(pending);
  if (line !== "") yield line;
}

function lineOf(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString("utf8").trim();
}

/** @throws ProtocolError */
export function parseLine<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch (cause) {
    throw new ProtocolError(`not JSON: ${JSON.stringify(line.slice(0, 200))}`, { cause });
  }
}
