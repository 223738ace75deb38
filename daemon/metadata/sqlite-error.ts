import { EngineError, type ErrorKind, messageOf } from "../base/errors.ts";

/** Primary result codes (sqlite.org/rescode.html) and what each means to whoever runs the daemon. */
const MEANINGS: Readonly<Record<number, readonly [kind: ErrorKind, words: string]>> = {
  5: ["Unavailable", "is locked by another process: is a second daemon using this data root?"],
  6: ["Unavailable", "is locked by another process: is a second daemon using this data root?"],
  8: ["Unavailable", "cannot be written: the file or its file system is read-only"],
  10: ["Unavailable", "cannot be read or written: the disk reports an error"],
  11: ["DataLoss", "is damaged"],
  13: ["Unavailable", "cannot grow: no space left on device"],
  14: ["Unavailable", "cannot be opened"],
  26: ["DataLoss", "is not a database: it is damaged or was replaced"],
};

/** What SQLite threw, as an EngineError that names the file. Anything else is returned unchanged. */
export function wordSqliteError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const [kind, words] = MEANINGS[error.errcode & 0xff] ?? ["Internal", "refused an operation"];
  return new EngineError(kind, `metadata: ${path} ${words} (${messageOf(error)})`, { cause: error });
}

/** Runs one operation on the file `path`. @throws EngineError for what SQLite says. */
export function wording<R>(path: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    throw wordSqliteError(path, error);
  }
}
