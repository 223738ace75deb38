/** One record of a json-file log. */
export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds, as written by the shim. */
  readonly time: string;
  /** With its newline, where it had one. */
  readonly text: string;
}

/** undefined for what is no record: a line that a power cut has torn. */
export function parseRecord(line: string): LogLine | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as {
      readonly log?: unknown;
      readonly stream?: unknown;
      readonly time?: unknown;
    };
    if (typeof log !== "string" || typeof time !== "string") return undefined;
    return { text: log, stream: stream === "stderr" ? "stderr" : "stdout", time };
  } catch {
    return undefined;
  }
}

const NEWLINE = 0x0a;

/** A record of 16 KiB is 98 KiB at most, escapes included. What goes on for longer is no log of ours. */
const LINE_MAX = 1 << 20;

/** Cuts chunks into lines, without their newline; keeps the piece of one that is still to be completed. */
export class LineCutter {
  #rest: Buffer[] = [];
  #restSize = 0;

  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, end);
      from = end + 1;
      const line = this.#restSize === 0 ? piece : Buffer.concat([...this.#rest, piece]);
      this.reset();
      yield line.toString("utf8");
    }
    if (from === chunk.length || this.#restSize > LINE_MAX) return;
    // A copy: the chunk's memory is read into again.
    this.#rest.push(Buffer.from(chunk.subarray(from)));
    this.#restSize += chunk.length - from;
  }

  reset(): void {
    this.#rest = [];
    this.#restSize = 0;
  }
}
