import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Digest } from "../base/digest.ts";
import type { BlobReader } from "./content-store.ts";

const READ_BYTES = 256 * 1024;

/** An open blob. It can be read to its end even when it is deleted meanwhile. */
export class FileBlobReader implements BlobReader {
  readonly digest: Digest;
  readonly size: number;
  /** By descriptor, not by name: a worker thread of this process opens it though the name may be gone (proc_pid_fd(5)). */
  readonly path: string;
  readonly #file: FileHandle;

  constructor(digest: Digest, size: number, file: FileHandle) {
    this.digest = digest;
    this.size = size;
    this.path = `/proc/self/fd/${file.fd}`;
    this.#file = file;
  }

  /** Positioned reads, so that several streams of one reader do not disturb each other. */
  stream(signal?: AbortSignal): Readable {
    signal?.throwIfAborted(); // the stream would report it before anyone can listen
    return this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES, signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
