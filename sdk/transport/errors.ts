/**
 * What went wrong, as a client can act on it. Every error that the SDK throws on purpose is a {@link SlipwayError};
 * an aborted call rejects with the reason of its AbortSignal, as everywhere in Node.
 */
export type SlipwayErrorKind =
  | "InvalidParameter"
  | "Unauthorized"
  | "RegistryAuth"
  | "Forbidden"
  | "NotFound"
  | "ImageNotFound"
  | "Conflict"
  | "PortInUse"
  | "NotImplemented"
  | "Unavailable"
  | "EngineUnavailable"
  | "ExecutableNotFound"
  | "ExecutableNotRunnable"
  | "Protocol"
  | "Internal";

/**
 * The base of all errors of the SDK. Match on `kind` or with `instanceof`, never on the text.
 *
 * @example
 * try {
 *   await engine.containers.get("web");
 * } catch (error) {
 *   if (error instanceof NotFound) return undefined;
 *   throw error;
 * }
 */
export class SlipwayError extends Error {
  readonly kind: SlipwayErrorKind;
  /** The HTTP status that carried it, where one did. */
  readonly statusCode: number | undefined;

  constructor(kind: SlipwayErrorKind, message: string, options: { statusCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.statusCode = options.statusCode;
  }
}

/** The object does not exist (404). */
export class NotFound extends SlipwayError {
  constructor(message: string, statusCode?: number, kind: "NotFound" | "ImageNotFound" = "NotFound") {
    super(kind, message, { statusCode });
  }
}

/** The image is neither on the engine nor, after a pull, in its registry. */
export class ImageNotFound extends NotFound {
  constructor(message: string, statusCode?: number) {
    super(message, statusCode, "ImageNotFound");
  }
}

/** A name is taken, or the object's state does not allow the operation (409). */
export class Conflict extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("Conflict", message, { statusCode });
  }
}

/** The engine, or the SDK before it, refused an argument (400). */
export class InvalidParameter extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("InvalidParameter", message, { statusCode });
  }
}

/** The registry wants other credentials, or any. */
export class RegistryAuth extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("RegistryAuth", message, { statusCode });
  }
}

/** The host port that the container publishes is taken. */
export class PortInUse extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("PortInUse", message, { statusCode });
  }
}

/** The command is not in the container (a shell would exit with 127). */
export class ExecutableNotFound extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("ExecutableNotFound", message, { statusCode });
  }
}

/** The command is there and cannot be run (a shell would exit with 126). */
export class ExecutableNotRunnable extends SlipwayError {
  constructor(message: string, statusCode?: number) {
    super("ExecutableNotRunnable", message, { statusCode });
  }
}

/** The peer broke the protocol: a cut frame, a line without end, an answer that is not HTTP. */
export class ProtocolError extends SlipwayError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("Protocol", message, options);
  }
}

/** One engine address that was tried, and why it did not answer. */
export interface ConnectAttempt {
  /** `unix:///run/slipway/slipway.sock` */
  readonly host: string;
  /** Where the address came from: `DOCKER_HOST`, `context "prod"`, `default`. */
  readonly source: string;
  readonly error: Error;
}

/** No engine answered. `attempts` lists what was tried, in order, and why each failed. */
export class EngineUnavailable extends SlipwayError {
  readonly attempts: readonly ConnectAttempt[];

  constructor(message: string, attempts: readonly ConnectAttempt[], cause?: unknown) {
    super("EngineUnavailable", message, { cause });
    this.attempts = attempts;
  }
}

const NOT_RUNNABLE = /(exec|runc)[^\n]*permission denied|is a directory|exec format error/i;
const NOT_EXECUTABLE =
  /executable file not found|exec: [^\n]*(no such file or directory|not found)|starting container process caused[^\n]*no such file/i;
const NO_IMAGE =
  /^no such image|pull access denied|manifest unknown|manifest for [^\n]* not found|repository [^\n]* not found/i;
const NO_AUTH = /unauthorized|authentication required|no basic auth credentials|incorrect username or password/i;
const PORT_TAKEN = /port is already allocated|address already in use/i;

/** The typed error for an answer of the engine with `statusCode` >= 400. Engines tell these cases apart in words only. */
export function errorFromStatus(statusCode: number, message: string): SlipwayError {
  if (NO_IMAGE.test(message)) return new ImageNotFound(message, statusCode);
  if (NOT_EXECUTABLE.test(message)) return new ExecutableNotFound(message, statusCode);
  if (NOT_RUNNABLE.test(message)) return new ExecutableNotRunnable(message, statusCode);
  if (PORT_TAKEN.test(message)) return new PortInUse(message, statusCode);
  if (statusCode !== 404 && NO_AUTH.test(message)) return new RegistryAuth(message, statusCode);
  switch (statusCode) {
    case 400:
      return new InvalidParameter(message, statusCode);
    case 401:
      return new SlipwayError("Unauthorized", message, { statusCode });
    case 403:
      return new SlipwayError("Forbidden", message, { statusCode });
    case 404:
      return new NotFound(message, statusCode);
    case 409:
      return new Conflict(message, statusCode);
    case 501:
      return new SlipwayError("NotImplemented", message, { statusCode });
    case 503:
      return new SlipwayError("Unavailable", message, { statusCode });
    default:
      return new SlipwayError("Internal", message, { statusCode });
  }
}

/** The message in an error body: `{"message": "..."}`, or the text itself where a proxy answered. */
export function messageFromBody(statusCode: number, body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string")
      return parsed.message;
  } catch {
    // Not JSON: said below in the peer's own words.
  }
  return body.trim().slice(0, 4096) || `the engine answered with status ${statusCode}`;
}
