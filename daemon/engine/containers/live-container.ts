import type { Task, AttachOptions } from "../../runtime/runtime.ts";
import type { WaitCondition } from "../services.ts";
import type { DeferredStream } from "./deferred-stream.ts";

/**
 * What a container is besides its record, while the daemon lives: its task, who waits for its end, who attached before
 * there was anything to attach to. Made at first use, dropped when the container is removed.
 */
export class LiveContainer {
  readonly id: string;
  /** Present from just before its start until its end was handled. */
  task: Task | undefined;
  /** Settles when the end of the present run was handled: resources gone, record written, events out. */
  ended: Promise<void> = Promise.resolve();
  /** Aborting it gives up the restart that the policy has planned. */
  plannedRestart: AbortController | undefined;
  /** Milliseconds before the next restart by policy. */
  restartDelay = 0;
  readonly execIds = new Set<string>();
  readonly #pendingAttaches = new Map<DeferredStream, AttachOptions>();
  readonly #waiters = new Set<Waiter>();

  constructor(id: string) {
    this.id = id;
  }

  /** Queues a client until the next start. */
  attachLater(stream: DeferredStream, options: AttachOptions): void {
    this.#pendingAttaches.set(stream, options);
    stream.once("close", () => this.#pendingAttaches.delete(stream));
  }

  /** Connects those that came before the start. All of them are in place before the first byte of output. */
  async connectPending(task: Task): Promise<void> {
    const pending = [...this.#pendingAttaches];
    this.#pendingAttaches.clear();
    await Promise.all(pending.map(async ([stream, options]) => stream.connect(await task.attach(options))));
  }

  /** The start failed: those who wait for output get its end. */
  dropPending(): void {
    for (const stream of this.#pendingAttaches.keys()) stream.destroy();
    this.#pendingAttaches.clear();
  }

  /** Settles at the next `settle` that fits the condition; rejects when the signal aborts. */
  wait(condition: WaitCondition, signal?: AbortSignal): Promise<WaitOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<WaitOutcome>();
    const waiter: Waiter = { condition, resolve };
    const onAbort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal?.reason as Error);
    };
    this.#waiters.add(waiter);
    signal?.addEventListener("abort", onAbort, { once: true });
    // Nobody may be listening any more when a waiter's client goes away.
    promise.catch(() => undefined);
    return promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  settle(what: "stopped" | "removed", outcome: WaitOutcome): void {
    for (const waiter of this.#waiters) {
      if (what === "stopped" && waiter.condition === "removed") continue;
      this.#waiters.delete(waiter);
      waiter.resolve(outcome);
    }
  }
}

export interface WaitOutcome {
  readonly code: number;
  readonly error?: string;
}

interface Waiter {
  readonly condition: WaitCondition;
  readonly resolve: (outcome: WaitOutcome) => void;
}
