import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { EngineError } from "../base/errors.ts";
import type { Authorization } from "./authorization.ts";
import { backOff, delayBefore, isPassing } from "./back-off.ts";
import { ERROR_BODY_LIMIT, refusal, unreachable } from "./registry-error.ts";

export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly url: URL;
  /** Of the token that it needs: `repository:a/b:pull`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened anew for each attempt. Its length is in the headers. */
  readonly body?: () => Readable | Buffer;
  /** Statuses that are answers; others are thrown. */
  readonly accept: readonly number[] | "any";
  /** 1 turns retries off. */
  readonly attempts?: number;
}

export interface RegistryResponse {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Readable;
  /** After redirects. */
  readonly url: URL;
}

export interface ExchangeDeps {
  /** The dispatcher for a host of this exchange. */
  readonly dispatcher: (host: string) => Promise<Dispatcher>;
  /** Undefined: a challenge is an answer like any other. */
  readonly authorization: Authorization | undefined;
  /** The registry may be asked in the clear, and may lead elsewhere in the clear. */
  readonly insecure: boolean;
  /** Milliseconds before the second attempt. */
  readonly retryDelayMs: number;
  /** Of a request that fails for a reason that may pass; a request may lower it. */
  readonly attempts: number;
}

const REDIRECTS = 5;
const REDIRECT = new Set([301, 302, 303, 307, 308]);
const USER_AGENT = `slipway (linux; ${process.arch})`;

/**
 * One request with all that stands between it and its answer: challenges, redirects, and retries of what may pass.
 * The answer's body must be read or destroyed.
 * @throws RegistryError for any other status; EngineError Unavailable when no answer came.
 */
export async function exchange(
  deps: ExchangeDeps,
  ask: RegistryRequest,
  signal: AbortSignal,
): Promise<RegistryResponse> {
  const attempts = ask.attempts ?? deps.attempts;
  for (let attempt = 1; ; attempt++) {
    const outcome = await authorised(deps, ask, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // An EngineError is a decision (a bad redirect, refused credentials): asking again changes nothing.
      if (error instanceof EngineError) throw error;
      return unreachable(ask.method, ask.url, error);
    });
    const failed = outcome instanceof EngineError || (ask.accept !== "any" && isPassing(outcome.status));
    if (!failed) return await accepted(ask, outcome);
    const retryAfter = outcome instanceof EngineError ? undefined : outcome.header("retry-after");
    const delay = delayBefore(attempt, deps.retryDelayMs, retryAfter);
    if (attempt >= attempts || delay === undefined) {
      if (outcome instanceof EngineError) throw outcome;
      return await accepted(ask, outcome);
    }
    if (!(outcome instanceof EngineError)) await discard(outcome.body);
    await backOff(delay, signal);
  }
}

async function accepted(ask: RegistryRequest, response: RegistryResponse): Promise<RegistryResponse> {
  if (ask.accept === "any" || ask.accept.includes(response.status)) return response;
  const body = await readText(response.body).catch(() => "");
  throw refusal(response.status, body, ask.url.origin, lacksScope(response));
}

/** RFC 6750, 3.1: the token was good, but not for this. Docker Hub says so of what does not exist, too. */
function lacksScope(response: RegistryResponse): boolean {
  return response.status === 401 && (response.header("www-authenticate") ?? "").includes('error="insufficient_scope"');
}

/** Sends, and once more when a challenge could be met; a second one because a remembered token may have run out. */
async function authorised(deps: ExchangeDeps, ask: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
  const { authorization } = deps;
  const secure = ask.url.protocol === "https:" && !deps.insecure;
  for (let tries = 0; ; tries++) {
    const header = authorization?.header(ask.scope);
    const response = await redirected(deps, ask, header, signal);
    const challenge = response.header("www-authenticate");
    // A 401 of a host that we were led to is not the registry's.
    const own = response.url.origin === ask.url.origin;
    if (response.status !== 401 || authorization === undefined || challenge === undefined || tries === 2 || !own)
      return response;
    const text = await readText(response.body).catch(() => "");
    const met = await authorization.answer(challenge, ask.scope, secure, signal);
    const same = authorization.header(ask.scope) === header;
    if (!met || same) throw refusal(401, text, ask.url.origin, lacksScope(response) && authorization.hasCredentials);
  }
}

/** Follows redirects of reads. The Authorization header goes to the registry's own origin alone. */
async function redirected(
  deps: ExchangeDeps,
  ask: RegistryRequest,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<RegistryResponse> {
  let url = ask.url;
  for (let hops = 0; ; hops++) {
    const own = url.origin === ask.url.origin ? authorization : undefined;
    const response = await send(deps, ask, url, own, signal);
    const location = response.header("location");
    const read = ask.method === "GET" || ask.method === "HEAD";
    if (!read || !REDIRECT.has(response.status) || location === undefined) return response;
    await discard(response.body);
    if (hops === REDIRECTS)
      throw new EngineError("Unavailable", `stopped after ${REDIRECTS} redirects of ${ask.url.href}`);
    url = resolveLocation(location, url, deps.insecure);
  }
}

/** @throws EngineError Unavailable for a location that is no URL, or that leads from https to http. */
export function resolveLocation(location: string, base: URL, insecure: boolean): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base.href) : undefined;
  const downgrade = url?.protocol === "http:" && base.protocol === "https:" && !insecure;
  if (url === undefined || !/^https?:$/.test(url.protocol) || downgrade) {
    throw new EngineError(
      "Unavailable",
      `${base.origin} leads to ${JSON.stringify(location.slice(0, 200))}, which is not allowed`,
    );
  }
  return url;
}

async function send(
  deps: ExchangeDeps,
  ask: RegistryRequest,
  url: URL,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<RegistryResponse> {
  const headers = {
    "user-agent": USER_AGENT,
    ...ask.headers,
    ...(authorization === undefined ? {} : { authorization }),
  };
  const { request } = await import("./undici.ts");
  const {
    statusCode,
    headers: answered,
    body,
  } = await request(url, {
    method: ask.method,
    headers,
    signal,
    body: ask.body?.() ?? null,
    dispatcher: await deps.dispatcher(url.host),
  });
  // Whoever reads it sees the error too; whoever drops it must not bring the daemon down.
  body.on("error", () => undefined);
  const header = (name: string): string | undefined => {
    const value = answered[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return { status: statusCode, header, body, url };
}

/** Reads a short body to its end, so that the connection can be used again; a long one is cut off. */
export async function discard(body: Readable): Promise<void> {
  await readText(body).catch(() => "");
}

/** At most `ERROR_BODY_LIMIT` bytes of a body; the rest is thrown away. */
export async function readText(body: Readable): Promise<string> {
  return (await readBytes(body, ERROR_BODY_LIMIT, true)).toString("utf8");
}

/** @throws EngineError InvalidParameter for more than `limit` bytes, unless `cut` says to stop there. */
export async function readBytes(body: Readable, limit: number, cut = false): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit && !cut)
      throw new EngineError("InvalidParameter", `registry answered with more than ${limit} bytes`);
    chunks.push(chunk);
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
