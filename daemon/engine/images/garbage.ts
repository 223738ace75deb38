import type { Digest } from "../../base/digest.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";

export interface GarbageDeps {
  /** Everything that a record names now. */
  readonly reachable: () => ReadonlySet<Digest>;
  readonly delete: (digest: Digest) => Promise<void>;
}

/**
 * Decides what may be deleted: nothing that a record names, and nothing that an operation in flight holds. Taking hold and
 * deleting exclude each other, so a pull that sees "already here" cannot lose it a moment later.
 * A crash between a record's removal and the deletion leaves orphans, which the sweep at the next start deletes.
 */
export class Garbage {
  readonly #deps: GarbageDeps;
  readonly #gate = new KeyedLock();
  readonly #held = new Map<Digest, number>();

  constructor(deps: GarbageDeps) {
    this.#deps = deps;
  }

  /** Holds nothing yet. Disposing it lets go. */
  hold(): Hold {
    return new Hold(this.#gate, this.#held);
  }

  /** Deletes, in the order given, those that nobody needs. @returns what was deleted. */
  async collect(candidates: Iterable<Digest>): Promise<readonly Digest[]> {
    const deleted: Digest[] = [];
    for (const digest of new Set(candidates)) {
      using _ = await this.#gate.acquire("");
      if (this.#held.has(digest) || this.#deps.reachable().has(digest)) continue;
      await this.#deps.delete(digest);
      deleted.push(digest);
    }
    return deleted;
  }
}

/** What one operation in flight keeps from being deleted. */
export class Hold implements Disposable {
  readonly #gate: KeyedLock;
  readonly #held: Map<Digest, number>;
  readonly #mine = new Set<Digest>();

  constructor(gate: KeyedLock, held: Map<Digest, number>) {
    this.#gate = gate;
    this.#held = held;
  }

  get digests(): ReadonlySet<Digest> {
    return this.#mine;
  }

  /** Once it resolves, what exists under these digests stays. */
  async add(digests: Iterable<Digest>): Promise<void> {
    using _ = await this.#gate.acquire("");
    for (const digest of digests) this.#take(digest);
  }

  /** For content whose digest is known only when it is there: nothing is deleted between its appearance and the hold. */
  async admit<T extends { readonly digest: Digest }>(commit: () => Promise<T>): Promise<T> {
    using _ = await this.#gate.acquire("");
    const committed = await commit();
    this.#take(committed.digest);
    return committed;
  }

  #take(digest: Digest): void {
    if (this.#mine.has(digest)) return;
    this.#mine.add(digest);
    this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
  }

  [Symbol.dispose](): void {
    for (const digest of this.#mine) {
      const count = (this.#held.get(digest) ?? 0) - 1;
      if (count > 0) this.#held.set(digest, count);
      else this.#held.delete(digest);
    }
    this.#mine.clear();
  }
}

/** Lets go of what an operation held, and deletes what of it nobody needs now: the newest, and so the top layer, first. */
export async function letGo(garbage: Garbage, hold: Hold): Promise<void> {
  const held = [...hold.digests].reverse();
  hold[Symbol.dispose]();
  await garbage.collect(held);
}
