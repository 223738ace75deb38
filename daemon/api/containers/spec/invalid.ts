import { EngineError } from "../../../base/errors.ts";

/** A request that cannot be meant, in Docker's words where there are any. */
export function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", message, { cause });
}

/** A field that Docker has and we have not: refused by its name rather than dropped. */
export function unsupported(field: string): EngineError {
  return new EngineError("NotImplemented", `${field} is not supported yet`);
}
