import { EngineError } from "../../base/errors.ts";

/** A fixed number of places, given out in order of arrival. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    if (count < 1) throw new EngineError("Internal", "slots: at least one is needed");
    this.#free = count;
  }

  /** Waits for a place; disposing gives it back. `onWait` is called when there is none at once. */
  async acquire(signal: AbortSignal, onWait?: () => void): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else {
      onWait?.();
      await this.#turn(signal);
    }
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#release();
        held = false;
      },
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1);
        reject(signal.reason as Error);
      };
      const granted = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(granted);
    });
  }

  /** The place goes straight to who waits longest, so nobody can slip in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
