import { mkdirSync, renameSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { errnoOf } from "../base/errors.ts";
import { newId, shortId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";
import type { Trees } from "./trees.ts";

export interface TrashDeps {
  /** Made when missing; on the file system of what is thrown away. */
  readonly folder: string;
  readonly trees: Trees;
  readonly logger: Logger;
}

/** A daemon that is told to stop does not stay for a tree of a million files. Milliseconds. */
const LEAVE_MS = 5000;

/**
 * Trees are renamed away at once and removed in the background. A crash leaves them in the folder, which `empty` at the next
 * start removes.
 */
export class Trash implements AsyncDisposable {
  readonly #deps: TrashDeps;
  readonly #pending = new Set<Promise<void>>();
  readonly #leaving = new AbortController();

  constructor(deps: TrashDeps) {
    this.#deps = deps;
    mkdirSync(deps.folder, { recursive: true, mode: 0o700 });
  }

  /** Idempotent: nothing at `path` is fine. When it returns, the name is free. */
  take(path: string): void {
    const target = join(this.#deps.folder, shortId(newId()));
    try {
      renameSync(path, target);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      throw error;
    }
    this.#remove(target);
  }

  /** Goes on with what an earlier process left. */
  async empty(): Promise<void> {
    for (const name of await readdir(this.#deps.folder)) this.#remove(join(this.#deps.folder, name));
  }

  #remove(path: string): void {
    // The name is free: whoever waits for that gets its answer first.
    const removal = setImmediate()
      .then(() => this.#deps.trees.remove(path, this.#leaving.signal))
      .catch((error: unknown) => {
        if (!this.#leaving.signal.aborted) this.#deps.logger.warn("cannot remove a tree in the trash", { path, error });
      })
      .finally(() => this.#pending.delete(removal));
    this.#pending.add(removal);
  }

  /** Waits a while for what was taken to be gone; what then is left is the next start's. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#leaving.abort(), LEAVE_MS);
    try {
      while (this.#pending.size > 0) await Promise.all(this.#pending);
    } finally {
      clearTimeout(timer);
    }
  }
}
