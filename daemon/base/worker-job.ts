import { parentPort } from "node:worker_threads";
import { EngineError, type ErrorKind, kindOf, messageOf } from "./errors.ts";

export type ToWorker<Job> =
  { readonly kind: "job"; readonly job: Job; readonly cancel: SharedArrayBuffer } | { readonly kind: "end" };

export type FromWorker<Result> =
  | { readonly kind: "progress"; readonly value: number }
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "error"; readonly error: ErrorKind; readonly message: string; readonly stack?: string };

/** How a job hears from its caller, who is in another thread, and speaks to it. */
export interface JobControl {
  /** @throws EngineError Canceled once the caller's signal has aborted. Cheap: call it for each piece of work. */
  throwIfAborted(): void;
  progress(value: number): void;
}

/** The main loop of a worker's module: runs what the pool sends, one job at a time, until told to end. */
export function serveJobs<Job, Result>(run: (job: Job, control: JobControl) => Result | Promise<Result>): void {
  const port = parentPort;
  if (port === null) throw new Error("this module runs in a worker thread");
  const post = (message: FromWorker<Result>): void => port.postMessage(message);
  port.on("message", (message: ToWorker<Job>) => {
    if (message.kind === "end") return void port.close();
    void (async () => await run(message.job, controlOf(message.cancel, post)))().then(
      (result) => post({ kind: "result", result }),
      (error: unknown) =>
        post({
          kind: "error",
          error: kindOf(error),
          message: messageOf(error),
          ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
        }),
    );
  });
}

function controlOf(cancel: SharedArrayBuffer, post: (message: FromWorker<never>) => void): JobControl {
  const flag = new Int32Array(cancel);
  return {
    throwIfAborted: () => {
      if (Atomics.load(flag, 0) !== 0) throw new EngineError("Canceled", "canceled");
    },
    progress: (value) => post({ kind: "progress", value }),
  };
}
