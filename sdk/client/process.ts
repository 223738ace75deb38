import type { Writable } from "node:stream";
import type { DemuxedOutput } from "../transport/demux.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { SlipwayError } from "../transport/errors.ts";
import type { AttachedStream } from "./api/attached-stream.ts";

/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a process ended, and what it wrote. */
export interface ProcessOutput {
  /** 0 to 255; 128 + n where signal n ended it. */
  readonly exitCode: number;
  /** UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface ProcessParts {
  readonly stream: AttachedStream;
  readonly tty: boolean;
  /** Called at once: its promise settles when the process has ended. */
  readonly exit: (output: DemuxedOutput) => Promise<number>;
  /** Aborted to let go: all requests for this process stand under it. */
  readonly hold: AbortController;
  readonly resize: (size: TerminalSize) => Promise<void>;
}

/**
 * A process in a container whose stdio we hold.
 *
 * Both outputs have back-pressure: read them, or `cancel()` what you do not want, or the process waits. With a terminal (`tty`) all
 * output is on `stdout`.
 *
 * @example
 * const p = await container.exec(["sort"], { stdin: true });
 * p.stdin.end("b\na\n");
 * const { stdout, exitCode } = await p.output();
 */
export class Process implements AsyncDisposable {
  /** `end()` closes it for the process and leaves the output open. Closed from the start when no stdin was asked for. */
  readonly stdin: Writable;
  readonly stdout: ByteStream;
  readonly stderr: ByteStream;
  readonly tty: boolean;
  /** The exit code, 0 to 255, once it has ended. */
  readonly exit: Promise<number>;
  readonly #hold: AbortController;
  readonly #resize: (size: TerminalSize) => Promise<void>;

  constructor({ stream, tty, exit, hold, resize }: ProcessParts) {
    const output = stream.demux({ tty });
    this.#hold = hold;
    this.#resize = resize;
    this.stdin = stream.stdin;
    this.stdout = output.stdout;
    this.stderr = output.stderr;
    this.tty = tty;
    this.exit = exit(output);
    // Known to whoever awaits it; nobody must.
    this.exit.catch(() => undefined);
  }

  /** Tells its terminal a new size. */
  async resize(size: TerminalSize): Promise<void> {
    await this.#resize(size);
  }

  /**
   * Reads both outputs to their end, as UTF-8.
   * @throws SlipwayError Internal when one is longer than `maxBytes` (16 MiB unless told).
   */
  async output(options: { readonly maxBytes?: number } = {}): Promise<ProcessOutput> {
    const maxBytes = options.maxBytes ?? DEFAULT_OUTPUT_BYTES;
    const [stdout, stderr, exitCode] = await Promise.all([
      limitedText(this.stdout, maxBytes),
      limitedText(this.stderr, maxBytes),
      this.exit,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** Lets go of its stdio; it goes on without us. Whoever still reads or waits for its exit gets an AbortError. */
  detach(): void {
    this.#hold.abort();
  }

  /** As `detach`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.detach();
  }
}

async function limitedText(source: ByteStream, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new SlipwayError("Internal", `more than ${maxBytes} bytes of output: read the streams instead`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
