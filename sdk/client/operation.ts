import type { ProgressMessage } from "../contract/index.ts";
import { deferred } from "../transport/deferred.ts";
import { errorFromStatus, SlipwayError } from "../transport/errors.ts";

/** A step of a pull, push, load or import. */
export type Progress =
  /** A sentence about the whole (`Pulling from library/busybox`), or about the layer `id`. */
  | { readonly kind: "status"; readonly id?: string; readonly status: string }
  /** How far the layer `id` is, in bytes; `total` is missing where the registry does not say. */
  | {
      readonly kind: "progress";
      readonly id: string;
      readonly status: string;
      readonly current: number;
      readonly total?: number;
    }
  /** A line of plain text, as load prints. */
  | { readonly kind: "stream"; readonly text: string }
  /** A result for programs: the digest of a push, the id of an image. */
  | { readonly kind: "aux"; readonly value: Readonly<Record<string, unknown>> };

/** @throws SlipwayError when the line tells of an error: the status of the answer was sent long before it. */
export function progressOf(line: ProgressMessage): Progress {
  if (line.error !== undefined || line.errorDetail !== undefined) {
    const message = line.errorDetail?.message ?? line.error ?? "unknown error in the progress stream";
    throw errorFromStatus(line.errorDetail?.code ?? 500, message);
  }
  if (line.aux !== undefined) return { kind: "aux", value: line.aux };
  if (line.stream !== undefined) return { kind: "stream", text: line.stream };
  const { id, status = "", progressDetail: { current, total } = {} } = line;
  if (id !== undefined && current !== undefined)
    return { kind: "progress", id, status, current, ...(total ? { total } : {}) };
  return { kind: "status", ...(id === undefined ? {} : { id }), status };
}

/**
 * Work of the engine that tells its progress: await it for the result, or iterate over its steps first, or both. Either way it
 * throws when the work fails. It starts, once, when it is first awaited or iterated.
 *
 * Leaving the loop early cancels the work, as aborting its signal does.
 *
 * @example
 * const image = await engine.images.pull("busybox");
 *
 * const pull = engine.images.pull("busybox");
 * for await (const step of pull) if (step.kind === "progress") bar.set(step.id, step.current, step.total);
 * const image = await pull;
 */
export class Operation<T, P = Progress> implements PromiseLike<T>, AsyncIterable<P> {
  readonly #steps: AsyncIterator<P, T>;
  readonly #abandon: () => void;
  #result: Promise<T> | undefined;
  #iterating = false;

  /** @param steps yields progress and returns the result; `abandon` stops the work. */
  constructor(steps: AsyncIterator<P, T>, abandon: () => void) {
    this.#steps = steps;
    this.#abandon = abandon;
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    // After a loop the result is known; without one, the steps are drained here.
    this.#result ??= this.#iterating
      ? Promise.reject(
          new SlipwayError("InvalidParameter", "await the operation after its loop has ended, not inside it"),
        )
      : this.#drain();
    return this.#result.then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<P, void, undefined> {
    if (this.#result !== undefined || this.#iterating)
      throw new SlipwayError("InvalidParameter", "the progress of an operation can be read once");
    this.#iterating = true;
    const result = deferred<T>();
    // Whoever loops gets the error from the loop; the promise must not be an unhandled rejection beside it.
    result.promise.catch(() => undefined);
    let settled = false;
    try {
      for (;;) {
        const step = await this.#steps.next();
        if (step.done === true) {
          settled = true;
          result.resolve(step.value);
          return;
        }
        yield step.value;
      }
    } catch (error) {
      settled = true;
      result.reject(error as Error);
      throw error;
    } finally {
      if (!settled) {
        this.#abandon();
        result.reject(new DOMException("the loop over the progress was left", "AbortError"));
      }
      this.#result = result.promise;
      this.#iterating = false;
    }
  }

  async #drain(): Promise<T> {
    for (;;) {
      const step = await this.#steps.next();
      if (step.done === true) return step.value;
    }
  }
}
