/**
 * One holder a key at a time, in order of arrival. Acquiring waits for those before; the signal gives the place up.
 *
 *   using _ = await lock.acquire(id, signal);
 */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  async acquire(key: string, signal?: AbortSignal): Promise<Disposable> {
    signal?.throwIfAborted();
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = before === undefined ? promise : before.then(() => promise);
    this.#tails.set(key, tail);
    const release = (): void => {
      resolve();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    if (before !== undefined) {
      try {
        await abortable(before, signal);
      } catch (error) {
        // The place in the queue is passed on only once the holder before is done.
        void before.then(release);
        throw error;
      }
    }
    return { [Symbol.dispose]: release };
  }

  async run<T>(key: string, body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    using _ = await this.acquire(key, signal);
    return await body();
  }
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
