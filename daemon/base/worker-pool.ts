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

/** A layer's end is soon followed by the next one: starting a thread anew costs 50 ms of a processor. Milliseconds. */
const LINGER_MS = 1000;

/**
 * Blocking work off the event loop. A thread starts when a job finds none idle, and ends a moment after the last one: an idle
 * daemon has no threads and no timers. Jobs run in the order of arrival, one a thread.
 */
export class WorkerPool<Job, Result> implements AsyncDisposable {
  readonly #deps: WorkerPoolDeps;
  readonly #waiting: Task<Job, Result>[] = [];
  readonly #threads = new Set<Promise<void>>();
  /** Wakes a thread that has nothing to do: for a job, or to end. */
  readonly #idle: (() => void)[] = [];
  #closing = false;

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
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#engage();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Sees to it that somebody takes the job that was just queued. */
  #engage(): void {
    const wake = this.#idle.pop();
    if (wake !== undefined) return wake();
    if (this.#threads.size >= this.#deps.size) return;
    const thread = this.#live().finally(() => {
      this.#threads.delete(thread);
      // A job that came while this one was ending found no place for a thread of its own.
      if (this.#waiting.length > 0) this.#engage();
    });
    this.#threads.add(thread);
  }

  /** The life of one thread: jobs, and a while without any. Never rejects: what goes wrong is the job's. */
  async #live(): Promise<void> {
    // Descriptors that system calls opened are closed by whoever opened them: nothing for Node to keep account of.
    // Node's own flags are not inherited: how the daemon itself was started does not matter to it.
    const worker = new Worker(this.#deps.url, { name: this.#deps.name, trackUnmanagedFds: false, execArgv: [] });
    worker.on("error", () => undefined); // the job hears of it; unheard it would end the daemon
    let gone = false;
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve())).then(() => void (gone = true));
    do {
      let task: Task<Job, Result> | undefined;
      while (!gone && (task = this.#waiting.shift()) !== undefined) {
        if (!(await this.#runTask(worker, task))) await exited;
      }
    } while (!gone && (await this.#jobComes(worker, exited)));
    worker.postMessage({ kind: "end" } satisfies ToWorker<Job>);
    await exited;
  }

  /** @returns false when none came for a while. Waiting for it keeps no process alive. */
  async #jobComes(worker: Worker, exited: Promise<void>): Promise<boolean> {
    if (this.#closing) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    const timer = setTimeout(resolve, LINGER_MS).unref();
    worker.unref();
    await Promise.race([promise, exited]);
    worker.ref();
    clearTimeout(timer);
    const place = this.#idle.indexOf(resolve);
    if (place >= 0) this.#idle.splice(place, 1);
    return this.#waiting.length > 0;
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
      task.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Waits for the jobs that run or wait, and ends the threads. A job that comes later starts one again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    for (const wake of this.#idle.splice(0)) wake();
    while (this.#threads.size > 0) await Promise.all(this.#threads);
    this.#closing = false;
  }
}
