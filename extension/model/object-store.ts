/** What changed, by key; undefined when everything may have. */
export type Change = ReadonlySet<string> | undefined;

/**
 * The objects of one kind that the engine has, by their key. Filled from a list, then kept by updates; it tells only of what is really
 * different, so that an event that changes nothing redraws nothing.
 */
export class ObjectStore<T> {
  readonly #keyOf: (item: T) => string;
  readonly #items = new Map<string, T>();
  readonly #listeners = new Set<(change: Change) => void>();
  #filled = false;
  #refused = false;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  /** False until the first list came, and after `clear`. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Also where the engine refused to list them. */
  get asked(): boolean {
    return this.#filled || this.#refused;
  }

  get size(): number {
    return this.#items.size;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  values(): readonly T[] {
    return [...this.#items.values()];
  }

  /** @returns what ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What is not in the list is gone. */
  replace(items: readonly T[]): void {
    const wanted = new Set(items.map(this.#keyOf));
    const gone = [...this.#items.keys()].filter((key) => !wanted.has(key));
    const first = !this.#filled;
    this.#filled = true;
    const changed = this.#apply(items, gone);
    if (first) this.#tell(undefined);
    else if (changed.size > 0) this.#tell(changed);
  }

  /** @param gone keys of objects that are no more. */
  update(items: readonly T[], gone: readonly string[] = []): void {
    const changed = this.#apply(items, gone);
    if (changed.size > 0) this.#tell(changed);
  }

  /** They could not be listed; what was known stays. */
  refuse(): void {
    if (this.asked) return;
    this.#refused = true;
    this.#tell(undefined);
  }

  clear(): void {
    if (!this.asked && this.#items.size === 0) return;
    this.#items.clear();
    this.#filled = this.#refused = false;
    this.#tell(undefined);
  }

  #apply(items: readonly T[], gone: readonly string[]): Set<string> {
    const changed = new Set(gone.filter((key) => this.#items.delete(key)));
    for (const item of items) {
      const key = this.#keyOf(item);
      const before = this.#items.get(key);
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(item)) continue;
      this.#items.set(key, item);
      changed.add(key);
    }
    return changed;
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
