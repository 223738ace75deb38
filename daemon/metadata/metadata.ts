import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EngineError, messageOf } from "../base/errors.ts";
import { SyscallError } from "../linux/libc.ts";
import { reserveSpace } from "../linux/reserve-space.ts";
import type { Collection, CollectionName, CollectionOptions, Metadata } from "./collection.ts";
import { migrate } from "./migrations.ts";
import { SqliteCollection, statementsOf } from "./sqlite-collection.ts";
import { wording } from "./sqlite-error.ts";

/**
 * Opens or makes the metadata file. One connection holds it exclusively until disposed (or the process dies).
 *
 * What lies below the data root, all of it, and who writes it:
 *
 *     <data root>/                    0711 at least: a container's root user looks through it
 *     ├── metadata.db, -wal           metadata/    the records; everything below is found through them
 *     ├── blobs/sha256/<hex>          content/     0444, verified, never changed
 *     ├── ingests/<hash of ref>       content/     bytes of a blob that is not committed yet
 *     ├── layers/<chain hex>/         snapshots/   a layer, published whole by a rename
 *     │   ├── diff/                                its tree in overlay form (device 0/0, trusted.overlay.opaque)
 *     │   └── meta                                 size and diffID, JSON; written after the tree was synced
 *     ├── containers-rw/<key>/        snapshots/   the writable tree of a container, complete once it has its name
 *     │   ├── upper/, work/                        overlayfs's own
 *     │   ├── chain                                chain IDs below it, top first, JSON
     │   └── links/<n>                            short names of many layers: a mount takes 4 KiB of options
 *     ├── volumes/<name>/_data/       volumes/     a volume; `filling/` stands beside it until image content is all copied
 *     ├── containers/<id>/            engine/      log, exit record, hosts, resolv.conf, bundle
 *     └── trash/<room>/<random>       both         renamed away, being removed; emptied at start
 *
 * A record is written after the files it names and deleted before them: a crash leaves files that no record names, which
 * the next start sweeps, never a record that points at nothing.
 *
 * @throws EngineError DataLoss for a damaged file (named), Unavailable for one that another process holds.
 */
export function openMetadata(path: string): Metadata {
  mkdirSync(dirname(path), { recursive: true });
  return wording(path, () => {
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    try {
      prepareFile(database, path);
      return new SqliteMetadata(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Exclusive locking: several descriptors on one file are how others' stores were corrupted; a second daemon is told so. */
function prepareFile(database: DatabaseSync, path: string): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  const [finding] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (finding !== "ok") throw new EngineError("DataLoss", `metadata: ${path} is damaged (${String(finding)})`);
  migrate(database, path);
  reserveLog(path);
}

/** As long as the write-ahead log gets: 1000 pages with their headers, when SQLite writes it back, and one more change. */
const LOG_BYTES = 5 << 20;
const UNRESERVED = new Set(["ENOSPC", "EDQUOT", "EOPNOTSUPP", "ENOSYS"]);

/**
 * What happens to containers on a full disk is to be put down all the same: that they run, and how they ended. The log has a
 * lock of nobody's, so a second descriptor on it does no harm.
 */
function reserveLog(path: string): void {
  try {
    reserveSpace(`${path}-wal`, LOG_BYTES);
  } catch (error) {
    // A disk that is full already, or a file system without such a promise: then it is as good as the disk.
    if (!(error instanceof SyscallError && UNRESERVED.has(error.code))) throw error;
  }
}

class SqliteMetadata implements Metadata {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: ReturnType<typeof statementsOf>;
  #inTransaction = false;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#statements = statementsOf(database);
  }

  collection<T>(name: CollectionName, options: CollectionOptions<T> = {}): Collection<T> {
    return new SqliteCollection({
      name,
      unique: options.unique ?? (() => []),
      statements: this.#statements,
      transaction: (body) => this.transaction(body),
      wording: (body) => wording(this.#path, body),
    });
  }

  transaction<R>(body: () => R): R {
    if (this.#inTransaction) return body();
    return wording(this.#path, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      this.#inTransaction = true;
      try {
        const result = body();
        if (result instanceof Promise) throw new EngineError("Internal", "metadata: a transaction must not wait");
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        this.#rollback(error);
        throw error;
      } finally {
        this.#inTransaction = false;
      }
    });
  }

  /** SQLite rolls back by itself after some errors (a full disk); asking again would hide what happened. */
  #rollback(cause: unknown): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec("ROLLBACK");
    } catch (error) {
      throw new EngineError("Internal", `metadata: cannot roll back: ${messageOf(error)}`, { cause });
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
