import { ProtocolError } from "./errors.ts";

/** The stream of one frame of Docker's stdio protocol; `systemerr` carries an error of the engine. */
export type StdioName = "stdin" | "stdout" | "stderr" | "systemerr";

export interface StdioPart {
  readonly stream: StdioName;
  /** Part of a frame's payload, as soon as it arrived: never empty. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const NAMES: readonly StdioName[] = ["stdin", "stdout", "stderr", "systemerr"];

/**
 * Decodes Docker's multiplexed stdio (API reference, ContainerAttach): an 8-byte header (stream, three zeros, payload
 * length as big-endian uint32) before each payload. Chunks may be cut anywhere. Payload is handed on as it comes, so a connection
 * that ends inside a frame loses none of what arrived, and a 4 GiB frame needs no memory.
 */
export class StdioFrameDecoder {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #payloadLeft = 0;
  #stream: StdioName = "stdout";

  *push(chunk: Uint8Array): Generator<StdioPart, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft === 0) {
        at += this.#readHeader(chunk, at);
        continue;
      }
      const bytes = chunk.subarray(at, at + this.#payloadLeft);
      this.#payloadLeft -= bytes.length;
      at += bytes.length;
      yield { stream: this.#stream, bytes };
    }
  }

  /** True between frames: where an orderly end comes. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#payloadLeft === 0;
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes < HEADER_BYTES) return part.length;
    const name = NAMES[this.#header[0] ?? 255];
    if (name === undefined || this.#header[1] !== 0 || this.#header[2] !== 0 || this.#header[3] !== 0)
      throw new ProtocolError(`not a stdio frame: ${this.#header.toString("hex")}`);
    this.#stream = name;
    this.#payloadLeft = this.#header.readUInt32BE(4);
    this.#headerBytes = 0;
    return part.length;
  }
}
