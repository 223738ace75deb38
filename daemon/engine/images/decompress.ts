import { finished, PassThrough, pipeline, type Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError } from "../../base/errors.ts";

export type Compression = "none" | "gzip" | "zstd";

/** The longest magic number that is looked for. */
const MAGIC_BYTES = 6;

/**
 * What a stream is compressed with, by its first bytes (RFC 1952, RFC 8878).
 * @throws EngineError InvalidParameter for bzip2 and xz, which old engines took.
 */
export function compressionOf(head: Uint8Array): Compression {
  const hex = Buffer.from(head).toString("hex");
  if (hex.startsWith("1f8b")) return "gzip";
  if (hex.startsWith("28b52ffd")) return "zstd";
  if (hex.startsWith("425a68") || hex.startsWith("fd377a585a00")) {
    const name = hex.startsWith("42") ? "bzip2" : "xz";
    throw new EngineError(
      "InvalidParameter",
      `archive is compressed with ${name}: only gzip, zstd and plain tar are supported`,
    );
  }
  return "none";
}

/**
 * The bytes of a stream that stays its owner's: ending or failing here does not destroy it. A request's body must outlive the
 * refusal of what is in it, or the client would see a broken connection instead of the answer.
 */
export function borrowed(source: Readable): Readable {
  const copy = new PassThrough();
  const stop = finished(source, { writable: false }, (error) => {
    if (error) copy.destroy(error);
  });
  copy.once("close", stop);
  // Unlike pipeline, pipe lets go of its source when the copy is destroyed.
  return source.pipe(copy);
}

/** The stream's first bytes, and a stream that still begins with them. */
export async function peek(
  source: Readable,
  signal: AbortSignal,
): Promise<{ readonly head: Buffer; readonly rest: Readable }> {
  const iterator = source.iterator({ destroyOnReturn: false });
  let head = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    signal.throwIfAborted();
    const next = (await iterator.next()) as IteratorResult<Uint8Array | string, undefined>;
    if (next.done === true) break;
    head = Buffer.concat([head, Buffer.from(next.value as Uint8Array)]);
  }
  await iterator.return?.();
  if (head.length > 0 && !source.readableEnded) source.unshift(head);
  const rest = source.readableEnded ? oneChunk(head) : source;
  return { head, rest };
}

function oneChunk(bytes: Buffer): Readable {
  const stream = new PassThrough();
  stream.end(bytes);
  return stream;
}

/** The plain bytes of `source`, whatever of the three it is. Errors of either side end the stream. */
export async function decompressed(
  source: Readable,
  signal: AbortSignal,
): Promise<{ readonly stream: Readable; readonly compression: Compression }> {
  const { head, rest } = await peek(source, signal);
  const compression = compressionOf(head);
  if (compression === "none") return { stream: rest, compression };
  const inflate = compression === "gzip" ? createGunzip() : createZstdDecompress();
  // The error arrives at the reader: pipeline destroys `inflate` with it.
  return { stream: pipeline(rest, inflate, () => undefined), compression };
}
