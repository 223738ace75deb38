import { closeSync, openSync } from "node:fs";
import { availableParallelism } from "node:os";
import { WorkerPool } from "../base/worker-pool.ts";
import { OPEN } from "./open-flags.ts";
import { withOpenIn } from "./rooted.ts";
import { type TreeUsage, treeUsage } from "./tree-usage.ts";
import { isMissing } from "./copy-tree.ts";
import type { FileSystemMount } from "./mounts.ts";
import { removeTree } from "./remove-tree.ts";
import type { TreeJob, TreeResult } from "./tree-job.ts";
import { entriesOf, withDirectory } from "./walk-tree.ts";

/** Names that are dealt with at once, within a millisecond: most containers write less, and a thread costs more. */
const INLINE_ENTRIES = 64;

/** From so many names on several threads copy. */
const LARGE_ENTRIES = 500;
/** Threads of one copy: the file system is what they wait for then. */
const COPIERS_MAX = 4;

type CopyOrder = Omit<Extract<TreeJob, { kind: "copy" }>, "kind" | "step">;

/** Mounts under way at a time. */
const MOUNTS_MAX = 8;

export interface TreesDeps {
  readonly worker?: URL;
}

/** Work on directory trees of any size that does not hold the event loop. */
export class Trees implements AsyncDisposable {
  /** Somebody waits for what is done here. */
  readonly #pool: WorkerPool<TreeJob, TreeResult>;
  /** Nobody waits for removals: one after the other, and never in front of a copy. */
  readonly #removals: WorkerPool<TreeJob, TreeResult>;
  readonly #mounts: WorkerPool<TreeJob, TreeResult>;

  constructor(deps: TreesDeps = {}) {
    const url = deps.worker ?? new URL("./tree-worker.ts", import.meta.url);
    this.#pool = new WorkerPool({ url, size: availableParallelism(), name: "trees" });
    this.#removals = new WorkerPool({ url, size: 1, name: "removals" });
    this.#mounts = new WorkerPool({ url, size: MOUNTS_MAX, name: "mounts" });
  }

  /** Removes a file or a tree, never through a link. Idempotent. `path`'s parent is the caller's own. */
  async remove(path: string, signal?: AbortSignal): Promise<void> {
    const inline = withinBudget((beforeEach) => (removeTree(path, beforeEach), true));
    if (inline === undefined) await this.#removals.run({ kind: "remove", path }, signal);
  }

  async usage(path: string, signal?: AbortSignal): Promise<TreeUsage> {
    return (
      withinBudget((beforeEach) => treeUsage(path, beforeEach)) ??
      (await this.#pool.run({ kind: "usage", path }, signal))
    );
  }

  /**
   * Copies the directory `path` of `rootfs` (resolved inside it) into `target`: see TreeCopy. A source that is missing copies nothing.
   * @param from.staging an empty directory on the same file system; without one, what is copied appears bit by bit, and the target must be empty.
   */
  async copy(from: CopyOrder, signal?: AbortSignal): Promise<void> {
    const count = Math.min(availableParallelism(), COPIERS_MAX);
    const job = { kind: "copy", ...from } as const;
    if (count < 2 || !isLarge(from)) return void (await this.#pool.run(job, signal));
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const shares = Array.from({ length: count }, async (_, index) => {
      try {
        return await this.#pool.run({ ...job, step: { index, count } }, either);
      } catch (error) {
        failed.abort(error); // the others stop, and say the same
        throw error;
      }
    });
    const settled = await Promise.allSettled(shares);
    const postponed = settled.flatMap((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value.postponed ?? [];
    });
    await this.#pool.run({ ...job, step: { postponed } }, signal);
  }

  /** In a thread of its own kind: a server that does not answer holds nobody but those who wait for it. */
  async mount(mount: FileSystemMount, signal?: AbortSignal): Promise<void> {
    await this.#mounts.run({ kind: "mount", mount }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await this.#mounts[Symbol.asyncDispose]();
    await this.#removals[Symbol.asyncDispose]();
  }
}

/** Whether it is worth more than one thread: a look at some names, a millisecond at most. */
function isLarge({ rootfs, path }: CopyOrder): boolean {
  let left = LARGE_ENTRIES;
  const look = (directory: number): void => {
    for (const entry of entriesOf(directory)) {
      if (left-- <= 0) return;
      if (entry.isDirectory) withDirectory(entry, look);
    }
  };
  const root = openSync(rootfs, OPEN.path | OPEN.directory);
  try {
    withOpenIn(root, path, OPEN.read | OPEN.directory, look);
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    closeSync(root);
  }
  return left <= 0;
}

class BudgetSpent extends Error {}

/** The result of `walk`, or undefined when it met too much. */
function withinBudget<R>(walk: (beforeEach: () => void) => R): R | undefined {
  let left = INLINE_ENTRIES;
  try {
    return walk(() => {
      if (left-- === 0) throw new BudgetSpent();
    });
  } catch (error) {
    if (error instanceof BudgetSpent) return undefined;
    throw error;
  }
}
