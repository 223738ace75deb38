import { Worker } from "node:worker_threads";
import { EngineError } from "./errors.ts";
import type { FromWorker, ToWorker } from "./worker-job.ts";

export interface WorkerPoolDeps {
  /** The worker's module, which calls `serveJobs`. */
  readonly url: URL;
  /** Threads at most. */
  readonly size: number;
  /** For process listings and messages. */
  readonly name: string;
}

interface Task<Job, Result> {
  readonly job: Job;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (value: number) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Blocking work off the event loop. A thread starts when a job finds none and ends as soon as none waits: an idle daemon has
 * no threads, and no timer to end them. Jobs run in the order of arrival, one a thread.
 */
export class WorkerPool<Job, Result> implements AsyncDisposable {
  readonly #deps: WorkerPoolDeps;
  readonly #waiting: Task<Job, Result>[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(deps: WorkerPoolDeps) {
    this.#deps = deps;
  }

  /**
   * Settles when the worker is done with it, so a job that was aborted has cleaned up by then (`signal.reason` is thrown).
   * @throws what the job threw: an EngineError with its kind and message; Internal for anything else.
   */
  async run(job: Job, signal?: AbortSignal, onProgress: (value: number) => void = () => undefined): Promise<Result> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const task = { job, signal, onProgress, resolve, reject };
    this.#waiting.push(task);
    const onAbort = (): void => {
      const place = this.#waiting.indexOf(task);
      if (place >= 0) this.#waiting.splice(place, 1);
      if (place >= 0) reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    if (this.#running.size < this.#deps.size) this.#startThread();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #startThread(): void {
    const thread = this.#thread().finally(() => this.#running.delete(thread));
    this.#running.add(thread);
  }

  /** The life of one thread: jobs while there are any. Never rejects: what goes wrong is the job's. */
  async #thread(): Promise<void> {
    // Descriptors that system calls opened are closed by whoever opened them: nothing for Node to keep account of.
    const worker = new Worker(this.#deps.url, { name: this.#deps.name, trackUnmanagedFds: false });
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    let task: Task<Job, Result> | undefined;
    while ((task = this.#waiting.shift()) !== undefined) {
      if (!(await this.#runTask(worker, task))) break;
    }
    worker.postMessage({ kind: "end" } satisfies ToWorker<Job>);
    // A job that arrives from here on starts a thread of its own; the place is given up when this one is gone.
    await exited;
    if (this.#waiting.length > 0) return void queueMicrotask(() => this.#startThread());
  }

  /** @returns false when the thread died. */
  async #runTask(worker: Worker, task: Task<Job, Result>): Promise<boolean> {
    const cancel = new SharedArrayBuffer(4);
    const onAbort = (): void => void Atomics.store(new Int32Array(cancel), 0, 1);
    task.signal?.addEventListener("abort", onAbort, { once: true });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onMessage = (message: FromWorker<Result>): void => {
      if (message.kind === "progress") return task.onProgress(message.value);
      if (message.kind === "result") task.resolve(message.result);
      else if (task.signal?.aborted === true) task.reject(task.signal.reason);
      else task.reject(new EngineError(message.error, message.message, { cause: message.stack }));
      resolve(true);
    };
    const onDeath = (reason: unknown): void => {
      task.reject(new EngineError("Internal", `${this.#deps.name}: the worker thread died`, { cause: reason }));
      resolve(false);
    };
    worker.on("message", onMessage).once("error", onDeath).once("exit", onDeath);
    worker.postMessage({ kind: "job", job: task.job, cancel } satisfies ToWorker<Job>);
    try {
      return await promise;
    } finally {
      worker.off("message", onMessage).off("error", onDeath).off("exit", onDeath);
      // An error nobody listens to would end the daemon.
      worker.on("error", () => undefined);
      task.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Waits for the jobs that run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running);
  }
}
