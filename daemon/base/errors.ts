/** What went wrong, in the engine's own terms. The edge (api/) maps each kind to one HTTP status. */
export type ErrorKind =
  | "InvalidParameter"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "Conflict"
  | "NotModified"
  | "NotImplemented"
  | "Unavailable"
  | "Internal"
  | "DataLoss"
  | "Canceled";

/**
 * The one error class of the daemon. `message` is shown to the user: a lower-case clause that names the operation, the
 * object and its state, or Docker's own words where clients match on them.
 */
export class EngineError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "EngineError";
    this.kind = kind;
  }
}

/** The nearest EngineError in the chain of causes decides the kind; an unknown error is Internal. */
export function kindOf(error: unknown): ErrorKind {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof EngineError) return e.kind;
  return "Internal";
}

export function isKind(error: unknown, kind: ErrorKind): boolean {
  return error instanceof Error && kindOf(error) === kind;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name ("ENOENT") of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
