import { watch } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 15_000;
/** After that the file system tells of a local engine's return, and no timer runs. */
const LOCAL_PATIENCE_MS = 5_000;

/**
 * Resolves when it is worth another try to reach an engine that went away. A local one shows itself by its socket; one on another machine
 * can only be tried again, with growing pauses.
 */
export class Patience {
  #pause = FIRST_PAUSE_MS;
  readonly #socket: string | undefined;

  /** @param host in docker's notation */
  constructor(host: string) {
    this.#socket = host.startsWith("unix://") ? host.slice("unix://".length) : undefined;
  }

  async next(signal: AbortSignal): Promise<void> {
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, LAST_PAUSE_MS);
    const watching = new AbortController();
    const either = AbortSignal.any([signal, watching.signal]);
    try {
      const appears = this.#socket === undefined ? undefined : appearance(this.#socket, either);
      if (appears === undefined) return await delay(pause, undefined, { signal });
      const waits: Promise<unknown>[] = [appears];
      if (pause < LOCAL_PATIENCE_MS) waits.push(delay(pause, undefined, { signal: either }));
      await Promise.race(waits);
    } finally {
      watching.abort();
      signal.throwIfAborted();
    }
  }
}

/** Undefined when its folder is not there to be watched. */
function appearance(path: string, signal: AbortSignal): Promise<void> | undefined {
  let watcher: ReturnType<typeof watch>;
  try {
    watcher = watch(dirname(path), { persistent: false });
  } catch {
    return undefined;
  }
  return new Promise((resolve) => {
    const done = (): void => {
      watcher.close();
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    watcher.on("error", done);
    watcher.on("change", (_, name) => {
      if (name === null || name === basename(path)) done();
    });
  });
}
