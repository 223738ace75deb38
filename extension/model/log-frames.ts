import type { Line } from "./line-store.ts";

/** Docker's stdio frame: stream, three zeros, length (32 bits, big endian), payload. */
const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Cuts the bytes of a log with timestamps into lines, all of a chunk at once: a log of a million lines is a million promises less than
 * line by line.
 */
export class LogFrames {
  readonly #tty: boolean;
  #rest: Buffer = Buffer.alloc(0);
  readonly #open = { stdout: "", stderr: "" };
  /** A character may be cut by a chunk, or by a frame. */
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  /** @param tty whether the bytes come without frames */
  constructor(tty: boolean) {
    this.#tty = tty;
  }

  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    if (this.#tty) {
      this.#take("stdout", chunk, lines);
      return lines;
    }
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
      if (end > bytes.length) break;
      const stream = bytes[at] === STDERR ? "stderr" : "stdout";
      this.#take(stream, bytes.subarray(at + HEADER_BYTES, end), lines);
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return lines;
  }

  /** Lines that had no end. */
  end(): Line[] {
    const lines: Line[] = [];
    for (const stream of ["stdout", "stderr"] as const)
      if (this.#open[stream] !== "") this.#take(stream, Buffer.from("\n"), lines);
    return lines;
  }

  #take(stream: Line["stream"], bytes: Uint8Array, lines: Line[]): void {
    const text = this.#decoders[stream].decode(bytes, { stream: true });
    const parts = (this.#open[stream] + text).split("\n");
    this.#open[stream] = parts.pop() ?? "";
    for (const part of parts) {
      const space = part.indexOf(" ");
      const end = part.endsWith("\r") ? -1 : undefined;
      lines.push({ stream, time: part.slice(0, space), text: part.slice(space + 1, end) });
    }
  }
}
