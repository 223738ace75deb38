import { Header } from "tar/header";
import { Pax } from "tar/pax";
import { EngineError, messageOf } from "../../base/errors.ts";

const BLOCK = 512;
/** Bytes of a pax or GNU long-name record; paths are 4096 at most. */
const META_MAX = 1024 * 1024;

/** One entry of a tar stream. Its `body` is read before the next entry is asked for; what is left of it is skipped. */
export interface TarEntry {
  /** As the archive has it: not checked. */
  readonly path: string;
  readonly type: "file" | "symlink" | "hardlink" | "other";
  readonly linkPath: string;
  /** Bytes. */
  readonly size: number;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * The entries of a plain tar stream (ustar, pax, GNU long names), in order; at most one chunk is in memory.
 * @throws EngineError InvalidParameter for what is no tar, and for one that ends early.
 */
export async function* tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const input = new ByteReader(source);
  let pax: Pax | undefined;
  let global: Pax | undefined;
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const block = await input.exactly(BLOCK);
    if (block === undefined || isZero(block)) return await input.drain();
    const header = readHeader(block, pax, global);
    const size = header.size ?? 0;
    const meta = META_TYPES.has(header.type) ? await readMeta(input, size) : undefined;
    if (meta !== undefined) {
      if (header.type === "ExtendedHeader") pax = Pax.parse(meta, pax, false);
      else if (header.type === "GlobalExtendedHeader") global = Pax.parse(meta, global, true);
      else if (header.type === "NextFileHasLongPath") longPath = upToNul(meta);
      else longLink = upToNul(meta);
      continue;
    }
    // A link or a directory has no body, whatever some writers put into its size field.
    const length = BODILESS.has(header.type) ? 0 : size;
    const body = input.take(length);
    yield {
      path: longPath ?? header.path ?? "",
      type: typeOf(header.type),
      linkPath: longLink ?? header.linkpath ?? "",
      size: length,
      body,
    };
    // What the caller did not read of it.
    for await (const _ of body);
    await input.skip((BLOCK - (length % BLOCK)) % BLOCK);
    pax = longPath = longLink = undefined;
  }
}

const META_TYPES: ReadonlySet<string> = new Set([
  "ExtendedHeader",
  "GlobalExtendedHeader",
  "NextFileHasLongPath",
  "NextFileHasLongLinkpath",
]);

const BODILESS: ReadonlySet<string> = new Set([
  "Link",
  "SymbolicLink",
  "Directory",
  "CharacterDevice",
  "BlockDevice",
  "FIFO",
]);

/** The parser throws plain errors at fields that hold no number. */
function parseHeader(...args: [block: Buffer, pax: Pax | undefined, global: Pax | undefined]): Header {
  const [block, pax, global] = args;
  try {
    return new Header(block, 0, pax, global);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function readHeader(block: Buffer, pax: Pax | undefined, global: Pax | undefined): Header {
  const header = parseHeader(block, pax, global);
  if (!header.cksumValid) throw invalid("a header's checksum is wrong");
  if (!Number.isSafeInteger(header.size ?? 0) || (header.size ?? 0) < 0) throw invalid("an entry has no valid size");
  return header;
}

function typeOf(type: string): TarEntry["type"] {
  if (type === "File" || type === "OldFile" || type === "ContiguousFile") return "file";
  if (type === "SymbolicLink") return "symlink";
  return type === "Link" ? "hardlink" : "other";
}

async function readMeta(input: ByteReader, size: number): Promise<string> {
  if (size > META_MAX) throw invalid("an extended header is too large");
  const padded = await input.exactly(Math.ceil(size / BLOCK) * BLOCK);
  if (padded === undefined) throw invalid("it ends early");
  return padded.subarray(0, size).toString("utf8");
}

const upToNul = (text: string): string => text.split("\0", 1)[0] ?? "";
const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0);
const invalid = (what: string): EngineError => new EngineError("InvalidParameter", `invalid tar archive: ${what}`);

/** Reads a stream of chunks by counts of bytes. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      const { value } = next;
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    return true;
  }

  /** Undefined at the end of the stream; an end in the middle is an error. */
  async exactly(count: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for await (const part of this.#upTo(count)) parts.push(part);
    const all = Buffer.concat(parts);
    if (all.length === 0 && count > 0) return undefined;
    if (all.length < count) throw invalid("it ends early");
    return all;
  }

  take(count: number): AsyncIterable<Buffer> {
    // Not a generator: it can be iterated again, for what is left, after a reader that stopped.
    const state = { left: count };
    return { [Symbol.asyncIterator]: () => this.#body(state) };
  }

  async *#body(state: { left: number }): AsyncGenerator<Buffer> {
    while (state.left > 0) {
      if (!(await this.#fill())) throw invalid("it ends early");
      const part = this.#cut(state.left);
      state.left -= part.length;
      yield part;
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.take(count));
  }

  /** To the end: whoever writes the stream must not be cut off in the padding. */
  async drain(): Promise<void> {
    do this.#rest = Buffer.alloc(0);
    while (await this.#fill());
  }

  async *#upTo(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0 && (await this.#fill())) {
      const part = this.#cut(left);
      left -= part.length;
      yield part;
    }
  }

  #cut(most: number): Buffer {
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
