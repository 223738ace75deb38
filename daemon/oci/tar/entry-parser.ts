import { BLOCK, type TarEntry, malformed } from "./entry.ts";
import { type TarHeader, decodeHeader, number } from "./header.ts";
import { type EntryMeta, composeEntry, storedSize } from "./meta.ts";
import { decodePax, paxInteger } from "./pax.ts";
import {
  EXTENTS_MAX,
  type Extent,
  OLD_GNU_IN_EXTENSION,
  OLD_GNU_IN_HEADER,
  SparseMapReader,
  checkExtents,
  oldGnuExtents,
  pairedExtents,
} from "./sparse.ts";

/** Who takes the entries. Calls come in order: `entry`, then for files any number of `data`, then `end`. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** Bytes of the file at `offset`. A view of the chunk that was pushed: valid only during the call. */
  data(chunk: Buffer, offset: number): void;
  end(): void;
}

/** A pax header may be this long (Go's archive/tar has the same bound); GNU long names have the length of a path. Bytes. */
const PAX_MAX = 1024 * 1024;
const LONG_NAME_MAX = 64 * 1024;
/** Global records that may hold for entries: a path or a size for all of them makes no sense. */
const GLOBAL = new Set(["mtime", "uid", "gid", "uname", "gname"]);

type State =
  | { readonly at: "header" }
  /** One block of zeros was seen. */
  | { readonly at: "end-mark" }
  /** What follows the end of the archive is not looked at. */
  | { readonly at: "after-end" }
  | { readonly at: "meta"; readonly flag: string; readonly body: Buffer; filled: number; padding: number }
  | { readonly at: "sparse-extension"; readonly header: TarHeader; readonly extents: Extent[] }
  | { readonly at: "sparse-map"; readonly header: TarHeader; readonly reader: SparseMapReader; left: number }
  | {
      readonly at: "body";
      readonly extents: readonly Extent[];
      extent: number;
      done: number;
      left: number;
      padding: number;
    }
  | { readonly at: "padding"; left: number };

/**
 * Reads a tar archive (v7, ustar, pax, GNU) from chunks of any size. Pure, synchronous, and holds no more than a block, a pax
 * header and a sparse map: sizes in headers are claims, against which nothing is reserved.
 */
export class TarEntryParser {
  readonly #sink: TarSink;
  readonly #globals = new Map<string, string>();
  readonly #block = Buffer.alloc(BLOCK);
  #blockFilled = 0;
  #state: State = { at: "header" };
  #meta: EntryMeta = {};
  /** Of the entry in work, for messages. */
  #name: string | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** @throws EngineError InvalidParameter for an archive that is malformed; what the sink throws. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const state = this.#state;
      if (state.at === "after-end") return;
      if (state.at === "body") at += this.#body(state, chunk, at);
      else if (state.at === "meta") at += this.#metaBody(state, chunk, at);
      else if (state.at === "padding") at += this.#padding(state, chunk, at);
      else at += this.#collect(chunk, at);
    }
  }

  /** The stream ended. @throws EngineError InvalidParameter when the archive had not. */
  end(): void {
    const whole = this.#state.at === "header" || this.#state.at === "end-mark" || this.#state.at === "after-end";
    if (!whole || this.#blockFilled > 0) throw malformed("it ends too early", this.#name);
    if (Object.keys(this.#meta).length > 0) throw malformed("an extended header has no entry behind it");
  }

  /** Whole blocks are read where they lie; only what a chunk cuts in two is copied. */
  #collect(chunk: Buffer, at: number): number {
    if (this.#blockFilled === 0 && chunk.length - at >= BLOCK) {
      this.#onBlock(chunk.subarray(at, at + BLOCK));
      return BLOCK;
    }
    const taken = chunk.copy(this.#block, this.#blockFilled, at, at + BLOCK - this.#blockFilled);
    this.#blockFilled += taken;
    if (this.#blockFilled === BLOCK) {
      this.#blockFilled = 0;
      this.#onBlock(this.#block);
    }
    return taken;
  }

  #onBlock(block: Buffer): void {
    const state = this.#state;
    if (state.at === "sparse-extension") return this.#onSparseExtension(state, block);
    if (state.at === "sparse-map") return this.#onSparseMap(state, block);
    const header = decodeHeader(block);
    if (header === undefined) {
      this.#state = { at: state.at === "end-mark" ? "after-end" : "end-mark" };
    } else if (state.at === "end-mark") {
      throw malformed("an entry follows a block of zeros");
    } else {
      this.#onHeader(header, block);
    }
  }

  #onHeader(header: TarHeader, block: Buffer): void {
    switch (header.flag) {
      case "x":
      case "X": // Solaris
      case "g":
        return this.#beginMeta(header, PAX_MAX);
      case "L":
      case "K":
        return this.#beginMeta(header, LONG_NAME_MAX);
      case "V": // a volume's label
        this.#state = skipping(header.size);
        return;
      case "S":
        return this.#beginOldSparse(header, block);
    }
    const sparse = this.#meta.pax?.values;
    if (sparse?.get("GNU.sparse.major") === "1" && sparse.get("GNU.sparse.minor") === "0") {
      const left = storedSize(header, this.#meta);
      this.#state = { at: "sparse-map", header, reader: new SparseMapReader(), left };
      this.#name = header.name;
      if (left < BLOCK) throw malformed("it is too short for its sparse map", header.name);
    } else {
      this.#begin(header, this.#paxExtents());
    }
  }

  #beginMeta(header: TarHeader, limit: number): void {
    if (header.size > limit) throw malformed(`an extended header of ${header.size} bytes is too long`, header.name);
    const state = {
      at: "meta",
      flag: header.flag,
      body: Buffer.alloc(header.size),
      filled: 0,
      padding: padded(header.size),
    } as const;
    this.#state = { ...state };
    if (header.size === 0) this.#endMeta(state.flag, state.body);
  }

  #metaBody(state: Extract<State, { at: "meta" }>, chunk: Buffer, at: number): number {
    const taken = chunk.copy(state.body, state.filled, at);
    state.filled += taken;
    if (state.filled === state.body.length) {
      this.#endMeta(state.flag, state.body);
      if (state.padding > 0) this.#state = { at: "padding", left: state.padding };
    }
    return taken;
  }

  #endMeta(flag: string, body: Buffer): void {
    this.#state = { at: "header" };
    if (flag === "L") this.#meta = { ...this.#meta, longName: untilNul(body) };
    else if (flag === "K") this.#meta = { ...this.#meta, longLink: untilNul(body) };
    else if (flag !== "g") this.#meta = { ...this.#meta, pax: decodePax(body) };
    else for (const [key, value] of decodePax(body).values) if (GLOBAL.has(key)) this.#globals.set(key, value);
  }

  #beginOldSparse(header: TarHeader, block: Buffer): void {
    const place = OLD_GNU_IN_HEADER;
    const extents = [...oldGnuExtents(block, place.at, place.count)];
    const sized = { ...header, realSize: number(block, place.realSize, 12, "real size") };
    this.#name = header.name;
    if (block[place.more] === 0) this.#begin(sized, { extents, size: sized.realSize });
    else this.#state = { at: "sparse-extension", header: sized, extents };
  }

  #onSparseExtension(state: Extract<State, { at: "sparse-extension" }>, block: Buffer): void {
    const place = OLD_GNU_IN_EXTENSION;
    state.extents.push(...oldGnuExtents(block, place.at, place.count));
    if (state.extents.length > EXTENTS_MAX) throw malformed("its sparse map is too long", this.#name);
    const header = state.header as TarHeader & { readonly realSize: number };
    if (block[place.more] === 0) this.#begin(header, { extents: state.extents, size: header.realSize });
  }

  #onSparseMap(state: Extract<State, { at: "sparse-map" }>, block: Buffer): void {
    state.left -= BLOCK;
    const extents = state.reader.push(block);
    if (extents === undefined) {
      if (state.left < BLOCK) throw malformed("its sparse map is longer than the file", this.#name);
      return;
    }
    this.#begin(state.header, { extents, size: this.#realSize(), stored: state.left });
  }

  /** Formats 0.0 (repeated records) and 0.1 (one record with all numbers). */
  #paxExtents(): { extents: readonly Extent[]; size: number } | undefined {
    const map = this.#meta.pax?.values.get("GNU.sparse.map");
    if (map !== undefined) return { extents: pairedExtents(map === "" ? [] : map.split(",")), size: this.#realSize() };
    if (this.#meta.pax?.values.has("GNU.sparse.numblocks") !== true) return undefined;
    return { extents: pairedExtents(this.#meta.pax.sparse), size: this.#realSize() };
  }

  #realSize(): number {
    const values = this.#meta.pax?.values;
    return paxInteger(
      values?.get("GNU.sparse.realsize") ?? values?.get("GNU.sparse.size") ?? "",
      "GNU.sparse.realsize",
    );
  }

  #begin(header: TarHeader, sparse?: { extents: readonly Extent[]; size: number; stored?: number }): void {
    const meta = this.#meta;
    this.#meta = {};
    const entry = composeEntry(header, meta, this.#globals);
    this.#name = entry.name;
    const stored = entry.type === "file" ? (sparse?.stored ?? storedSize(header, meta)) : 0;
    const size = entry.type === "file" ? (sparse?.size ?? stored) : 0;
    const extents = sparse?.extents ?? [{ offset: 0, length: stored }];
    if (sparse !== undefined) checkExtents(extents, size, stored, entry.name);
    this.#sink.entry({ ...entry, size });
    if (stored === 0) this.#endEntry(header.flag === "D" ? header.size + padded(header.size) : 0);
    else this.#state = { at: "body", extents, extent: 0, done: 0, left: stored, padding: padded(stored) };
  }

  #body(state: Extract<State, { at: "body" }>, chunk: Buffer, at: number): number {
    const extent = state.extents[state.extent];
    if (extent === undefined) throw malformed("its sparse map does not match the bytes stored", this.#name);
    const length = Math.min(extent.length - state.done, chunk.length - at);
    if (length > 0) this.#sink.data(chunk.subarray(at, at + length), extent.offset + state.done);
    state.done += length;
    state.left -= length;
    if (state.done === extent.length) {
      state.extent += 1;
      state.done = 0;
    }
    if (state.left === 0) this.#endEntry(state.padding);
    return length;
  }

  /** @param skip bytes up to the next header. */
  #endEntry(skip: number): void {
    this.#state = skip === 0 ? { at: "header" } : { at: "padding", left: skip };
    this.#sink.end();
  }

  #padding(state: Extract<State, { at: "padding" }>, chunk: Buffer, at: number): number {
    const taken = Math.min(state.left, chunk.length - at);
    state.left -= taken;
    if (state.left === 0) this.#state = { at: "header" };
    return taken;
  }
}

function skipping(size: number): State {
  const left = size + padded(size);
  return left === 0 ? { at: "header" } : { at: "padding", left };
}

/** Bytes from `size` up to the next whole block. */
function padded(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function untilNul(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString("latin1", 0, end < 0 ? body.length : end);
}
