import { EngineError, isKind } from "../../base/errors.ts";
import type { Progress } from "../services.ts";

export type Report = (progress: Progress) => void;

/**
 * Runs `work` and yields what it reports. The work never waits for the reader: of the progress of one layer only the newest
 * is kept while nobody reads, so what is queued is bounded by layers times statuses. A reader that stops early, or the
 * caller's signal, cancels the work, and the generator ends only once the work has.
 */
export async function* reporting(
  signal: AbortSignal,
  work: (report: Report, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Progress, void, undefined> {
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const queue = new ProgressQueue();
  const done = work((progress) => queue.push(progress), both)
    .catch((error: unknown) => {
      if (both.aborted && !isKind(error, "Canceled")) {
        throw new EngineError("Canceled", "the operation was canceled", { cause: error });
      }
      throw error;
    })
    .finally(() => queue.end());
  // It is awaited below; until then a failure must not count as unhandled.
  done.catch(() => undefined);
  try {
    yield* queue;
    await done;
  } finally {
    own.abort();
    await done.catch(() => undefined);
  }
}

/** What waits to be read. A newer `progress` of the same layer takes the place of the older one. */
class ProgressQueue {
  #items: Progress[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(progress: Progress): void {
    const last = this.#items.findLastIndex((each) => "id" in each && "id" in progress && each.id === progress.id);
    const before = this.#items[last];
    if (progress.kind === "progress" && before?.kind === "progress" && before.status === progress.status) {
      this.#items[last] = progress;
    } else {
      this.#items.push(progress);
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    for (;;) {
      const batch = this.#items;
      this.#items = [];
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
