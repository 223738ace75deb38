import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { PassThrough, type Readable, finished } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WorkerPool } from "../../base/worker-pool.ts";
import { createPipe } from "../../linux/pipe.ts";
import type { ArchiveJob } from "./archive-job.ts";

/** Archives under way at a time: each holds a thread as long as its client takes. */
const JOBS_MAX = 4;

/** Trees to tar and back in worker threads, through pipes: the kernel holds the bytes, and whoever is slow holds the other up. */
export class Archives implements AsyncDisposable {
  readonly #pool: WorkerPool<ArchiveJob, undefined>;
  readonly #userXattr: boolean;

  constructor(deps: { readonly userXattr: boolean; readonly worker?: URL }) {
    const url = deps.worker ?? new URL("./archive-worker.ts", import.meta.url);
    this.#pool = new WorkerPool({ url, size: JOBS_MAX, name: "archives" });
    this.#userXattr = deps.userXattr;
  }

  /**
   * The tree as a tar stream, which fails when the tree cannot be read to its end. Destroying it stops the work.
   * @param directory a descriptor; closed when all is done.
   */
  pack(directory: number): Readable {
    const { reader, writer } = createPipe();
    const source = new Socket({ fd: reader, readable: true, writable: false });
    const archive = new PassThrough();
    const gone = new AbortController();
    finished(archive, () => {
      gone.abort();
      source.destroy(); // a worker that waits to write hears of it
    });
    // Ended by hand: the end of the pipe alone does not say that the archive is whole.
    source.on("error", (error) => archive.destroy(error));
    source.pipe(archive, { end: false });
    const ended = new Promise<void>((resolve) => source.once("close", () => resolve()));
    const job = this.#pool
      .run({ kind: "pack", directory, output: writer }, gone.signal)
      .finally(() => (closeSync(writer), closeSync(directory)));
    job.then(
      () => ended.then(() => archive.end()),
      (error: unknown) => archive.destroy(error as Error),
    );
    return archive;
  }

  /**
   * Writes what a tar stream (plain, gzip or zstd) holds into a directory; names and links stay inside it. What has a name already is
   * replaced, a directory is kept.
   * @param directory a descriptor; closed when all is done.
   * @throws EngineError InvalidParameter for an archive that is malformed, hostile or cut. What came before its fault stays.
   */
  async unpack(directory: number, archive: Readable, signal?: AbortSignal): Promise<void> {
    const { reader, writer } = createPipe();
    const sink = new Socket({ fd: writer, readable: false, writable: true });
    const feeding = pipeline(archive, sink, { signal });
    feeding.catch(() => undefined); // awaited below, after the worker
    try {
      await this.#pool.run({ kind: "unpack", directory, input: reader, userXattr: this.#userXattr }, signal);
    } catch (error) {
      archive.destroy();
      signal?.throwIfAborted();
      // An archive that was cut on the way is the way's fault.
      if (!archive.readableEnded && archive.errored !== null) throw archive.errored;
      throw error;
    } finally {
      closeSync(reader);
      closeSync(directory);
      sink.destroy();
    }
    await feeding;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}
