import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import { releaseIdleMemory } from "../linux/idle-memory.ts";

/** How long nobody asks for anything before the daemon takes itself for idle. Milliseconds. */
const QUIET_MS = 2000;

/**
 * Keeps an idle daemon small: the young generation of V8's heap does not grow (it would keep 64 MB for good after one burst;
 * most of what a request makes is garbage at its end), and when the last request is a while ago, memory that only that
 * work needed is given back. One timer, and only after work: an idle daemon has none.
 */
export class QuietMemory implements Disposable {
  readonly #collectGarbage: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    v8.setFlagsFromString("--semi-space-growth-factor=1");
    v8.setFlagsFromString("--expose-gc");
    this.#collectGarbage = runInNewContext("gc") as () => void;
    this.touch();
  }

  /** Somebody asked for something, or has been answered. */
  touch(): void {
    if (this.#timer !== undefined) return void this.#timer.refresh();
    this.#timer = setTimeout(() => this.#release(), QUIET_MS).unref();
  }

  #release(): void {
    this.#timer = undefined;
    this.#collectGarbage();
    releaseIdleMemory();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
