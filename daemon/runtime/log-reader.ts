import { errnoOf } from "../base/errors.ts";
import { rfc3339FromNanos } from "../base/time.ts";
import { LogFiles, type LogFile } from "./log-files.ts";
import { LineCutter, parseRecord, type LogLine } from "./log-record.ts";
import { tailPlace } from "./log-tail.ts";
import { LogWatch } from "./log-watch.ts";

export type { LogLine } from "./log-record.ts";

export interface LogReadOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Nanoseconds since the epoch, both included. */
  readonly since?: bigint;
  readonly until?: bigint;
  /** Lines from the end, of both streams and before `since` is looked at, as Docker counts; undefined is all. */
  readonly tail?: number;
  readonly follow: boolean;
  /** With `follow`: settles when no more lines will be written. None: there are none to come. */
  readonly over?: Promise<void>;
}

const CHUNK = 256 * 1024;

/**
 * The lines of a json-file log, the rotated files first. Memory does not grow with the log: one chunk, one line. A log that is
 * not there has no lines. @throws the signal's reason once it aborts.
 */
export async function* readLog(path: string, options: LogReadOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  using watching = options.follow && options.over !== undefined ? watchLog(path, options) : undefined;
  await using reader = new LogReader(path, options.tail, minimumTime(options));
  const wanted = selection(options);
  for await (const line of reader.lines(watching, signal)) {
    const verdict = wanted(line);
    if (verdict === "past") return;
    if (verdict === "wanted") yield line;
  }
}

function watchLog(path: string, { over, until }: LogReadOptions): LogWatch | undefined {
  try {
    return new LogWatch(path, { over, ...(until !== undefined && { until: Number(until / 1_000_000n) }) });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Milliseconds; a file whose last write was before has nothing that is asked for. */
function minimumTime({ since }: LogReadOptions): number {
  return since === undefined ? 0 : Number(since / 1_000_000n);
}

/** The shim writes all times with nine digits in UTC: their order is that of their texts. */
function selection({ stdout, stderr, since, until }: LogReadOptions): (line: LogLine) => "wanted" | "skip" | "past" {
  const from = since === undefined ? "" : rfc3339FromNanos(since);
  const to = until === undefined ? "~" : rfc3339FromNanos(until);
  return ({ time, stream }) => {
    if (time > to) return "past";
    return time >= from && (stream === "stdout" ? stdout : stderr) ? "wanted" : "skip";
  };
}

class LogReader implements AsyncDisposable {
  readonly #files: LogFiles;
  readonly #tail: number | undefined;
  readonly #notBefore: number;
  readonly #cutter = new LineCutter();
  readonly #chunk = Buffer.allocUnsafe(CHUNK);
  /** Those still to be read, the oldest first; the first is being read, from `#offset` on. */
  #queue: LogFile[] = [];
  #offset = 0;

  constructor(path: string, tail: number | undefined, notBefore: number) {
    this.#files = new LogFiles(path);
    this.#tail = tail;
    this.#notBefore = notBefore;
  }

  async *lines(watching: LogWatch | undefined, signal: AbortSignal): AsyncGenerator<LogLine> {
    await this.#begin();
    // Without `follow` it ends where the log ends now: else a container that writes fast would keep its reader for ever.
    const end = watching === undefined ? (await this.#queue.at(-1)?.handle.stat())?.size : undefined;
    for (;;) {
      // Asked before reading: what was written until then is read below.
      const done = watching === undefined || watching.done;
      yield* this.#rest(this.#queue.length === 1 ? end : undefined, signal);
      if (await this.#next(watching !== undefined)) continue;
      if (done) return;
      await watching.changed(signal);
    }
  }

  async #begin(): Promise<void> {
    this.#queue = await this.#files.openAll();
    const start = this.#tail === undefined ? { file: 0, offset: 0 } : await tailPlace(this.#queue, this.#tail);
    for (let skipped = 0; skipped < start.file; skipped++) await this.#advance();
    this.#offset = start.offset;
    while (this.#queue.length > 1 && (this.#queue[0]?.modified ?? 0) < this.#notBefore) await this.#advance();
  }

  /** What the present file has beyond what was read, up to `end` bytes. */
  async *#rest(end: number | undefined, signal: AbortSignal): AsyncGenerator<LogLine> {
    const [file] = this.#queue;
    if (file === undefined) return;
    for (;;) {
      signal.throwIfAborted();
      const size = Math.min(CHUNK, (end ?? Infinity) - this.#offset);
      const { bytesRead } = size <= 0 ? { bytesRead: 0 } : await file.handle.read(this.#chunk, 0, size, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      for (const text of this.#cutter.push(this.#chunk.subarray(0, bytesRead))) {
        const line = parseRecord(text);
        if (line !== undefined) yield line;
      }
    }
  }

  /** True when there is something else to read: the next file, or the rest of one that has been renamed meanwhile. */
  async #next(follow: boolean): Promise<boolean> {
    const [current, following] = this.#queue;
    if (following !== undefined) {
      await this.#advance();
      return true;
    }
    if (!follow) return false;
    if (current === undefined) {
      this.#queue = await this.#files.openAll();
      return this.#queue.length > 0;
    }
    const file = await this.#files.after(current.inode);
    if (file === undefined) return false;
    // The present one grows no more, but its last lines may have been written between the last read and its renaming.
    this.#queue.push(file);
    return true;
  }

  async #advance(): Promise<void> {
    await this.#queue.shift()?.handle.close();
    this.#cutter.reset();
    this.#offset = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#queue.map(({ handle }) => handle.close()));
  }
}
