/**
 * Records as JSON documents in one SQLite file (`node:sqlite`, WAL, one connection, one process).
 * The engine owns the shapes; a collection knows an id and, where asked, unique keys (a container's name).
 */
export interface Metadata extends Disposable {
  collection<T>(name: CollectionName, options?: CollectionOptions<T>): Collection<T>;
  /** All writes inside are one transaction; synchronous, so nothing interleaves. Nested calls join the outer one. */
  transaction<R>(body: () => R): R;
}

export type CollectionName = "images" | "layers" | "containers" | "networks" | "volumes" | "leases" | "settings";

export interface CollectionOptions<T> {
  /** Values that no two records may share; checked in the same transaction. */
  readonly unique?: (record: T) => readonly string[];
}

export interface Collection<T> {
  find(id: string): T | undefined;
  /** @throws EngineError Conflict when a unique key is taken by another record. Survives the death of the daemon once it returns; a power cut may take the last moments (WAL, synchronous=NORMAL), never consistency. */
  put(id: string, record: T): void;
  /** Idempotent. */
  delete(id: string): void;
  findByKey(key: string): T | undefined;
  all(): IterableIterator<T>;
}
