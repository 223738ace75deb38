import type { DatabaseSync } from "node:sqlite";
import { EngineError } from "../base/errors.ts";

/**
 * Step n brings a file from `user_version` n to n + 1. A step that was released is never edited: a new one is added.
 * `records` holds the documents; `record_keys` the values that no two records of a collection may share.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE records (
     collection TEXT NOT NULL,
     id TEXT NOT NULL,
     document TEXT NOT NULL,
     PRIMARY KEY (collection, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE record_keys (
     collection TEXT NOT NULL,
     key TEXT NOT NULL,
     id TEXT NOT NULL,
     PRIMARY KEY (collection, key),
     FOREIGN KEY (collection, id) REFERENCES records (collection, id) ON DELETE CASCADE
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX record_keys_by_id ON record_keys (collection, id);`,
];

/**
 * Brings the file to the newest layout, in one transaction: a crash in the middle leaves the old one.
 * @throws EngineError Unavailable for a file that a newer version wrote.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.["user_version"] ?? 0);
  if (version > STEPS.length) {
    throw new EngineError(
      "Unavailable",
      `metadata: ${path} has layout ${version}, written by a newer version; this one knows up to ${STEPS.length}`,
    );
  }
  if (version === STEPS.length) return;
  database.exec(
    ["BEGIN IMMEDIATE", ...STEPS.slice(version), `PRAGMA user_version = ${STEPS.length}`, "COMMIT"].join(";\n"),
  );
}
