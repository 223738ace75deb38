import { type Gunzip, type ZstdDecompress, createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError, errnoOf, messageOf } from "../base/errors.ts";

/** Bytes that one call inflates to, and hence what is written in one piece. */
const CHUNK_BYTES = 256 * 1024;

type Format = "gzip" | "zstd" | "plain";

/** The first bytes decide: RFC 1952 section 2.3.1; RFC 8878 sections 3.1.1 and 3.1.2 (a skippable frame may come first). */
function formatOf(first: Buffer): Format {
  if (first[0] === 0x1f && first[1] === 0x8b) return "gzip";
  if (first.length < 4) return "plain";
  const magic = first.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? "zstd" : "plain";
}

/**
 * The tar inside a layer's bytes. Several gzip members or zstd frames in a row are one stream; the thread pool inflates the
 * next chunk while the caller works on this one.
 * @throws EngineError InvalidParameter for a stream that is damaged, cut, or followed by something else.
 */
export async function* inflated(source: Iterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.iterator]();
  const first = chunks.next();
  if (first.done === true) return;
  const format = formatOf(first.value);
  if (format === "plain") {
    yield first.value;
    yield* { [Symbol.iterator]: () => chunks };
    return;
  }
  let rest: Buffer | undefined = first.value;
  while (rest !== undefined) {
    const stream = create(format);
    const feeding = feed(stream, rest, chunks);
    feeding.catch(() => undefined); // the loop below reports it first
    try {
      yield* stream as AsyncIterable<Buffer>;
      rest = await feeding;
    } catch (error) {
      throw worded(format, error);
    } finally {
      stream.destroy();
    }
    if (format === "gzip" && rest !== undefined && rest[0] === 0) return onlyZeros(rest, chunks);
  }
}

function create(format: "gzip" | "zstd"): Gunzip | ZstdDecompress {
  const options = { chunkSize: CHUNK_BYTES, readableHighWaterMark: 2 * CHUNK_BYTES };
  return format === "gzip" ? createGunzip(options) : createZstdDecompress(options);
}

/** @returns what one decompressor left of its input: the next member or frame, or something else. */
async function feed(
  stream: Gunzip | ZstdDecompress,
  first: Buffer,
  chunks: Iterator<Buffer>,
): Promise<Buffer | undefined> {
  for (let chunk: Buffer | undefined = first; chunk !== undefined; chunk = nextOf(chunks)) {
    const before = stream.bytesWritten;
    await written(stream, chunk);
    const consumed = stream.bytesWritten - before;
    // Node ends the stream where a frame ends inside a chunk, and drops what is behind it.
    if (consumed < chunk.length) return chunk.subarray(consumed);
  }
  stream.end();
  return undefined;
}

function nextOf(chunks: Iterator<Buffer>): Buffer | undefined {
  const next = chunks.next();
  return next.done === true ? undefined : next.value;
}

async function written(stream: Gunzip | ZstdDecompress, chunk: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(new EngineError("Canceled", "canceled"));
  stream.once("close", onClose);
  stream.write(chunk, (error) => (error == null ? resolve() : reject(error)));
  await promise;
  stream.off("close", onClose);
}

/** gzip streams are padded with zeros by some writers, as tapes were. */
function onlyZeros(rest: Buffer, chunks: Iterator<Buffer>): void {
  for (let chunk: Buffer | undefined = rest; chunk !== undefined; chunk = nextOf(chunks)) {
    if (chunk.some((byte) => byte !== 0))
      throw new EngineError("InvalidParameter", "invalid layer: its gzip stream is followed by something else");
  }
}

function worded(format: Format, error: unknown): unknown {
  if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(errnoOf(error) ?? "")) return error;
  return new EngineError(
    "InvalidParameter",
    `invalid layer: its ${format} stream is damaged or cut: ${messageOf(error)}`,
    {
      cause: error,
    },
  );
}
