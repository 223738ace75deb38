import type { DatabaseSync, StatementSync } from "node:sqlite";
import { EngineError } from "../base/errors.ts";
import type { Collection, CollectionName } from "./collection.ts";

/** Prepared once for the connection; the collection's name is their first parameter. */
export function statementsOf(database: DatabaseSync) {
  return {
    find: database.prepare("SELECT document FROM records WHERE collection = ? AND id = ?"),
    all: database.prepare("SELECT document FROM records WHERE collection = ? ORDER BY id"),
    put: database.prepare(
      `INSERT INTO records (collection, id, document) VALUES (?, ?, ?)
       ON CONFLICT (collection, id) DO UPDATE SET document = excluded.document`,
    ),
    delete: database.prepare("DELETE FROM records WHERE collection = ? AND id = ?"),
    holder: database.prepare("SELECT id FROM record_keys WHERE collection = ? AND key = ?"),
    findByKey: database.prepare(
      `SELECT document FROM record_keys JOIN records USING (collection, id) WHERE collection = ? AND key = ?`,
    ),
    keysOf: database.prepare("SELECT key FROM record_keys WHERE collection = ? AND id = ?"),
    takeKey: database.prepare("INSERT INTO record_keys (collection, key, id) VALUES (?, ?, ?)"),
    freeKey: database.prepare("DELETE FROM record_keys WHERE collection = ? AND key = ?"),
  } satisfies Record<string, StatementSync>;
}

export interface SqliteCollectionDeps<T> {
  readonly name: CollectionName;
  readonly unique: (record: T) => readonly string[];
  readonly statements: ReturnType<typeof statementsOf>;
  readonly transaction: <R>(body: () => R) => R;
  /** Runs one operation, with SQLite's errors worded. */
  readonly wording: <R>(body: () => R) => R;
}

/** One kind of record, as JSON documents. A record that is handed out is a copy: changing it changes nothing here. */
export class SqliteCollection<T> implements Collection<T> {
  readonly #deps: SqliteCollectionDeps<T>;

  constructor(deps: SqliteCollectionDeps<T>) {
    this.#deps = deps;
  }

  find(id: string): T | undefined {
    return this.#one(this.#deps.statements.find, id);
  }

  findByKey(key: string): T | undefined {
    return this.#one(this.#deps.statements.findByKey, key);
  }

  put(id: string, record: T): void {
    const { name, statements, transaction, unique } = this.#deps;
    const wanted = new Set(unique(record));
    transaction(() => {
      // Checked before the first write, so that a caller who catches the conflict inside a larger transaction may go on.
      for (const key of wanted) this.#checkFree(key, id);
      statements.put.run(name, id, JSON.stringify(record));
      const held = new Set(statements.keysOf.all(name, id).map((row) => String(row["key"])));
      for (const key of held) if (!wanted.has(key)) statements.freeKey.run(name, key);
      for (const key of wanted) if (!held.has(key)) statements.takeKey.run(name, key, id);
    });
  }

  delete(id: string): void {
    // Its keys go with it (ON DELETE CASCADE).
    this.#deps.transaction(() => this.#deps.statements.delete.run(this.#deps.name, id));
  }

  /** A snapshot: what is put or deleted while one walks over it does not show. Parsed one at a time. */
  all(): IterableIterator<T> {
    const { name, statements, wording } = this.#deps;
    return wording(() => statements.all.all(name))
      .values()
      .map((row) => this.#parse(row["document"]));
  }

  #one(statement: StatementSync, key: string): T | undefined {
    const row = this.#deps.wording(() => statement.get(this.#deps.name, key));
    return row === undefined ? undefined : this.#parse(row["document"]);
  }

  #checkFree(key: string, id: string): void {
    const holder = this.#deps.statements.holder.get(this.#deps.name, key)?.["id"];
    if (holder === undefined || holder === id) return;
    throw new EngineError(
      "Conflict",
      `${this.#deps.name}: ${JSON.stringify(key)} is already taken by ${String(holder)}`,
    );
  }

  #parse(document: unknown): T {
    try {
      return JSON.parse(String(document)) as T;
    } catch (error) {
      throw new EngineError("DataLoss", `metadata: a record of ${this.#deps.name} is damaged`, { cause: error });
    }
  }
}
