import type { Readable } from "node:stream";
import type { Dispatcher, Pool as PoolType } from "undici";
// Two modules instead of the whole package: the rest of undici (fetch, caches, WebSocket) would add 20 ms to each command.
import request from "undici/lib/api/api-request.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { dial, tlsOptions, type SocketEndpoint } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { errorFromStatus, messageFromBody } from "./errors.ts";
import { hijack, type Hijacked } from "./hijack.ts";
import { SshRelay } from "./ssh-relay.ts";

export type QueryValue = string | number | boolean | readonly string[] | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** With the version prefix, without the query. */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, chunked. */
  readonly body?: Readable | AsyncIterable<Uint8Array> | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or destroyed. */
  readonly body: Readable;
}

/**
 * HTTP to one engine. Requests share a pool of kept-alive connections that do not hold the process; an upgrade gets a
 * connection of its own. Nothing times out by itself: every call ends with its answer, its signal or the connection.
 */
export class Transport implements AsyncDisposable {
  readonly endpoint: Endpoint;
  #opened: Promise<{ pool: PoolType; socket: SocketEndpoint; relay?: SshRelay }> | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * @throws SlipwayError by the status of an answer >= 400, with the engine's message. 304 is an answer like any other.
   * @throws the system error when the engine cannot be reached, or the signal's reason.
   */
  async request(options: TransportRequest): Promise<TransportResponse> {
    const { pool } = await this.#open();
    const response = await request.call(pool, requestOptions(options));
    if (response.statusCode < 400)
      return { status: response.statusCode, headers: response.headers, body: response.body };
    const text = options.method === "HEAD" ? "" : await response.body.text();
    throw errorFromStatus(response.statusCode, messageFromBody(response.statusCode, text));
  }

  /** A request whose connection becomes the engine's stdio stream. @throws as `request` does. */
  async upgrade(options: {
    readonly path: string;
    readonly query?: Query;
    readonly json?: unknown;
    readonly signal?: AbortSignal;
  }): Promise<Hijacked> {
    const { socket: endpoint } = await this.#open();
    const socket = await dial(endpoint, options.signal);
    const target = options.path + queryText(options.query);
    const body = options.json === undefined ? undefined : JSON.stringify(options.json);
    return await hijack(socket, { method: "POST", target, host: hostHeader(endpoint), body }, options.signal);
  }

  /** Ends idle connections at once and requests under way with an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#opened === undefined) return;
    const { pool, relay } = await this.#opened;
    await pool.destroy();
    await relay?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<{ pool: PoolType; socket: SocketEndpoint; relay?: SshRelay }> {
    this.#opened ??= openPool(this.endpoint);
    return await this.#opened;
  }
}

async function openPool(endpoint: Endpoint): Promise<{ pool: PoolType; socket: SocketEndpoint; relay?: SshRelay }> {
  const relay = endpoint.kind === "ssh" ? await SshRelay.listen(endpoint) : undefined;
  const socket = endpoint.kind === "ssh" ? relay!.endpoint : endpoint;
  const secure = socket.kind === "tcp" && socket.tls !== undefined;
  const origin = `${secure ? "https" : "http"}://${hostHeader(socket)}`;
  const connect = socket.kind === "unix" ? { socketPath: socket.path } : secure ? tlsOptions(socket) : {};
  // No time limits: `wait` answers when the container ends, and events when there are some.
  const pool = new Pool(origin, { connect, headersTimeout: 0, bodyTimeout: 0, pipelining: 1 } as PoolType.Options);
  return { pool, socket, relay };
}

function hostHeader(endpoint: SocketEndpoint): string {
  if (endpoint.kind === "unix") return "slipway";
  return `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

function requestOptions(options: TransportRequest): Dispatcher.RequestOptions {
  const json = options.json === undefined ? undefined : JSON.stringify(options.json);
  return {
    path: options.path + queryText(options.query),
    method: options.method,
    headers: {
      "user-agent": "slipway",
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    body: (json ?? options.body) as Dispatcher.DispatchOptions["body"],
    signal: options.signal,
  };
}

/** `?a=1&b=x&b=y`, or nothing. Undefined values are left out. */
export function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [String(value)])
      parameters.append(name, item);
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
