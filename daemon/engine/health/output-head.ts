/** Of a frame: kind of stream, three zeros, length of what follows. */
const HEADER = 8;

/** The beginning of what a process said on both of its streams, which come in Docker's frames. What is beyond is let go. */
export class OutputHead {
  readonly #limit: number;
  readonly #kept: Buffer[] = [];
  #size = 0;
  #header: Buffer = Buffer.alloc(0);
  /** Bytes of the frame that are still to come. */
  #left = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0;) rest = this.#left === 0 ? this.#takeHeader(rest) : this.#takePayload(rest);
  }

  /** Cut off where there was more. */
  text(): string {
    return Buffer.concat(this.#kept).toString("utf8") + (this.#size > this.#limit ? "..." : "");
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = HEADER - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === HEADER) {
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }

  #takePayload(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left);
    if (this.#size < this.#limit) this.#kept.push(piece.subarray(0, this.#limit - this.#size));
    this.#size += piece.length;
    this.#left -= piece.length;
    return bytes.subarray(piece.length);
  }
}
