import { abortable } from "../../base/keyed-lock.ts";

interface Job<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(current: number) => void>;
  current: number | undefined;
}

/**
 * Work that several callers may want at once is done once. It goes on while one of them wants it, and is cancelled when
 * the last has given up; who comes then starts anew.
 */
export class SharedJobs<T> {
  readonly #jobs = new Map<string, Job<T>>();

  async run(
    key: string,
    signal: AbortSignal,
    onProgress: (current: number) => void,
    start: (signal: AbortSignal, report: (current: number) => void) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const job = await this.#join(key, signal, onProgress, start);
    if (job.current !== undefined) onProgress(job.current);
    try {
      return await abortable(job.result, signal);
    } finally {
      job.listeners.delete(onProgress);
      if (job.listeners.size === 0) {
        job.controller.abort();
        // Who gave up returns only when nothing of the job runs any more.
        await job.result.catch(() => undefined);
      }
    }
  }

  async #join(
    key: string,
    signal: AbortSignal,
    onProgress: (current: number) => void,
    start: (signal: AbortSignal, report: (current: number) => void) => Promise<T>,
  ): Promise<Job<T>> {
    for (;;) {
      const known = this.#jobs.get(key);
      if (known === undefined || !known.controller.signal.aborted) {
        const job = known ?? this.#begin(key, start);
        // Before anything is awaited: a job without listeners is one that nobody wants.
        job.listeners.add(onProgress);
        return job;
      }
      // It is being cancelled: what it held (an ingest, a half made layer) is free again when it has ended.
      await abortable(
        known.result.catch(() => undefined),
        signal,
      );
    }
  }

  #begin(key: string, start: (signal: AbortSignal, report: (current: number) => void) => Promise<T>): Job<T> {
    const controller = new AbortController();
    const listeners = new Set<(current: number) => void>();
    const report = (current: number): void => {
      job.current = current;
      for (const listener of listeners) listener(current);
    };
    const result = Promise.resolve()
      .then(() => start(controller.signal, report))
      .finally(() => this.#jobs.delete(key));
    result.catch(() => undefined);
    const job: Job<T> = { result, controller, listeners, current: undefined };
    this.#jobs.set(key, job);
    return job;
  }
}
