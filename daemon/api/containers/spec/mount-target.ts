import { posix } from "node:path";
import { invalid } from "./invalid.ts";

/** The path in the container, cleaned. @throws EngineError InvalidParameter in Docker's words. */
export function mountTarget(target: string): string {
  if (target === "") throw invalid("field Target must not be empty");
  const clean = cleanPath(target);
  if (clean === "/") throw invalid("invalid specification: destination can't be '/'");
  if (!clean.startsWith("/")) throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  return clean;
}

/** Without `.`, `..`, doubled and trailing slashes. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
