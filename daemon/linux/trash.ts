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

/**
 * Trees are renamed away at once and removed in the background. A crash leaves them in the folder, which `empty` at the next
 * start removes.
 */
export class Trash implements AsyncDisposable {
  readonly #deps: TrashDeps;
  readonly #pending = new Set<Promise<void>>();

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
      .then(() => this.#deps.trees.remove(path))
      .catch((error: unknown) => this.#deps.logger.warn("cannot remove a tree in the trash", { path, error }))
      .finally(() => this.#pending.delete(removal));
    this.#pending.add(removal);
  }

  /** Waits until everything that was taken is gone, or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
