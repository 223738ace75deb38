import { EngineError, errnoOf, type ErrorKind, messageOf } from "../base/errors.ts";

/** Bytes of an error's body that are read. */
export const ERROR_BODY_LIMIT = 64 * 1024;

/** A registry's refusal: its status, and its codes (distribution-spec, "Error Codes"). */
export class RegistryError extends EngineError {
  readonly status: number;
  readonly codes: readonly string[];

  constructor(kind: ErrorKind, message: string, status: number, codes: readonly string[]) {
    super(kind, message);
    this.status = status;
    this.codes = codes;
  }
}

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: "InvalidParameter",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "NotImplemented",
  429: "Unavailable",
};

const DEFAULT_TEXT: Readonly<Record<number, string>> = {
  401: "unauthorized: authentication required",
  403: "denied: requested access to the resource is denied",
  429: "toomanyrequests: too many requests",
};

/** The words of a refusal as Docker prints them: `manifest unknown: manifest unknown`. */
export function refusal(status: number, body: string, what: string, lacksScope = false): RegistryError {
  if (lacksScope) return new RegistryError("Forbidden", DEFAULT_TEXT[403] ?? "", status, ["DENIED"]);
  const kind = KINDS[status] ?? (status >= 500 ? "Unavailable" : "Internal");
  const errors = readErrors(body);
  const codes = errors.map(({ code }) => code);
  const text = errors.map(({ code, message }) => `${code.toLowerCase().replaceAll("_", " ")}: ${message}`).join("\n");
  const fallback = DEFAULT_TEXT[status] ?? `received unexpected HTTP status: ${status} from ${what}`;
  return new RegistryError(kind, text || fallback, status, codes);
}

function readErrors(body: string): readonly { readonly code: string; readonly message: string }[] {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return [];
  }
  const errors = member(document, "errors");
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, 8).flatMap((each: unknown) => {
    const [code, message] = [member(each, "code"), member(each, "message")];
    if (typeof code !== "string") return [];
    const text = typeof message === "string" && message !== "" ? message : code.toLowerCase().replaceAll("_", " ");
    return [{ code, message: text.slice(0, 1000) }];
  });
}

export function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** A request that got no answer, in Go's words: `Get "https://x/v2/": dial tcp 127.0.0.1:1: connect: connection refused`. */
export function unreachable(method: string, url: URL, error: unknown): EngineError {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const cause = rootOf(error);
  return new EngineError("Unavailable", `${verb} ${JSON.stringify(url.href)}: ${describe(cause, url)}`, {
    cause: error,
  });
}

function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error instanceof Error && error.cause instanceof Error && errnoOf(error) === undefined
    ? rootOf(error.cause)
    : error;
}

function describe(error: unknown, url: URL): string {
  const code = errnoOf(error) ?? "";
  const address = `${text(member(error, "address")) ?? url.hostname}:${text(member(error, "port")) ?? portOf(url)}`;
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${address}: connect: connection refused`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case "EAI_AGAIN":
      return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`;
    case "ENETUNREACH":
      return `dial tcp ${address}: connect: network is unreachable`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}: connect: no route to host`;
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return `dial tcp ${address}: i/o timeout`;
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
      return "net/http: request canceled (Client.Timeout exceeded while awaiting headers)";
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "EPROTO":
      return "http: server gave HTTP response to HTTPS client";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return "EOF";
    default:
      return isCertificateProblem(code) ? `tls: failed to verify certificate: ${messageOf(error)}` : messageOf(error);
  }
}

function isCertificateProblem(code: string): boolean {
  return /CERT|UNABLE_TO_|ERR_TLS_/.test(code);
}

const portOf = (url: URL): string => url.port || (url.protocol === "http:" ? "80" : "443");
const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;
