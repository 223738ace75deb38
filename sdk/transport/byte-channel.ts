import { deferred } from "./deferred.ts";

/**
 * A bounded queue of bytes between one writer and one reader.
 * `write` settles when there is room again, so a slow reader slows the writer; nothing that was written is lost:
 * the reader gets all of it before the end or the error. A reader that leaves makes later writes vanish at once.
 */
export class ByteChannel {
  readonly #capacity: number;
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #failure: unknown;
  #cancelled = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** @param capacity bytes that may wait for the reader before `write` does */
  constructor(capacity = 256 * 1024) {
    this.#capacity = capacity;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#cancelled || chunk.length === 0) return;
    this.#queue.push(chunk);
    this.#bytes += chunk.length;
    this.#wakeReader?.();
    while (this.#bytes > this.#capacity && !this.#cancelled) {
      const { promise, resolve } = deferred<void>();
      this.#wakeWriter = resolve;
      await promise;
    }
  }

  /** No more bytes. With `error`, the reader gets it after the last of them. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    this.#wakeReader?.();
  }

  /** The next bytes, or undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        if (this.#bytes <= this.#capacity) this.#releaseWriter();
        return chunk;
      }
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#ended || this.#cancelled) return undefined;
      const { promise, resolve } = deferred<void>();
      this.#wakeReader = resolve;
      await promise;
      this.#wakeReader = undefined;
    }
  }

  /** The reader wants no more. */
  cancel(): void {
    this.#cancelled = true;
    this.#queue = [];
    this.#bytes = 0;
    this.#releaseWriter();
    this.#wakeReader?.();
  }

  #releaseWriter(): void {
    this.#wakeWriter?.();
    this.#wakeWriter = undefined;
  }
}
