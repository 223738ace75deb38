import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** setTimeout's longest, milliseconds. */
const LONGEST = 2 ** 31 - 1;

export interface LogWatchOptions {
  /** Nothing comes after it has settled. */
  readonly over?: Promise<void>;
  /** Milliseconds since the epoch: nothing that comes later is wanted. */
  readonly until?: number;
}

/**
 * Tells when a log may have grown: by inotify on its folder, so that rotation is seen as well as writing. What happens between
 * two calls of `changed` is kept.
 */
export class LogWatch implements Disposable {
  /** Nothing more will come; what is there is still to be read. */
  done = false;
  readonly #close: AbortController = new AbortController();
  #dirty = false;
  #wake: () => void = () => undefined;

  /** @throws ENOENT when the log has no folder. */
  constructor(path: string, { over, until }: LogWatchOptions) {
    const name = basename(path);
    const watcher = watch(dirname(path), { signal: this.#close.signal }, (_event, file) => {
      if (file === null || file.startsWith(name)) this.#touch();
    });
    // The folder is gone: so is the log.
    watcher.on("error", () => this.#finish());
    const finish = (): void => this.#finish();
    if (over !== undefined) void over.then(finish, finish);
    if (until !== undefined) this.#finishAt(until);
  }

  #finishAt(until: number): void {
    const timer = setTimeout(() => this.#finish(), Math.min(Math.max(0, until - Date.now()), LONGEST));
    timer.unref();
    this.#close.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  #finish(): void {
    this.done = true;
    this.#touch();
  }

  #touch(): void {
    this.#dirty = true;
    this.#wake();
  }

  /** Resolves once something has happened since it was last called. @throws the signal's reason. */
  async changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#dirty) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => reject(signal.reason as Error);
      this.#wake = resolve;
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    }
    this.#dirty = false;
  }

  [Symbol.dispose](): void {
    this.#close.abort();
  }
}
