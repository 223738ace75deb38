import { EngineError, errnoOf } from "../base/errors.ts";

/** Docker's own words, which clients and people look for; by errno(3). */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on device",
  EDQUOT: "disk quota exceeded",
  EROFS: "read-only file system",
  EIO: "input/output error",
};

/**
 * A failed operation on the disk as an EngineError Unavailable where it is the disk's state and nobody's mistake; any other
 * error is returned unchanged.
 * @param operation what was being done, to which object: `write blob sha256:…`.
 */
export function diskError(operation: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const words = WORDS[errnoOf(error) ?? ""];
  return words === undefined ? error : new EngineError("Unavailable", `${operation}: ${words}`, { cause: error });
}
