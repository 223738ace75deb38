import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { dial, type SocketEndpoint } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { errorFromStatus, messageFromBody } from "./errors.ts";
import type { Exchange, ExchangeRequest, ExchangeResponse } from "./exchange.ts";
import { hijack, type Hijacked } from "./hijack.ts";
import { httpHost } from "./http-host.ts";
import { LocalExchange } from "./local-exchange.ts";
import { queryText, type Query } from "./query.ts";

export interface TransportRequest {
  readonly method: ExchangeRequest["method"];
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

export type { Query } from "./query.ts";
export type TransportResponse = ExchangeResponse;

interface Opened {
  readonly exchange: Exchange;
  readonly socket: SocketEndpoint;
  readonly relay?: AsyncDisposable;
}

const MAX_ERROR_BYTES = 1024 * 1024;

/** HTTP to one engine: requests share kept-alive connections, an upgrade gets one of its own. */
export class Transport implements AsyncDisposable {
  readonly endpoint: Endpoint;
  #opened: Promise<Opened> | undefined;
  /** Connections that have left HTTP, until they close. */
  readonly #upgraded = new Set<Socket>();

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * @throws SlipwayError by the status of an answer >= 400, with the engine's message. 304 is an answer like any other.
   * @throws the system error when the engine cannot be reached, or the signal's reason.
   */
  async request(options: TransportRequest): Promise<TransportResponse> {
    const { exchange } = await this.#open();
    const { method, signal } = options;
    const json = options.json === undefined ? undefined : JSON.stringify(options.json);
    const response = await exchange.send({
      method,
      target: options.path + queryText(options.query),
      headers: {
        "user-agent": "slipway",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...options.headers,
      },
      body: json ?? options.body,
      signal,
    });
    if (response.status < 400) return response;
    throw errorFromStatus(response.status, messageFromBody(response.status, await errorText(response.body)));
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
    this.#upgraded.add(socket);
    socket.once("close", () => this.#upgraded.delete(socket));
    return await hijack(socket, { method: "POST", target, host: httpHost(endpoint), body }, options.signal);
  }

  /** Ends idle connections and stdio streams at once, and requests under way with an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#opened === undefined) return;
    for (const socket of this.#upgraded) socket.destroy();
    const { exchange, relay } = await this.#opened;
    await exchange.close();
    await relay?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<Opened> {
    this.#opened ??= open(this.endpoint);
    return await this.#opened;
  }
}

/** What only some need (undici, ssh) is loaded here, so that a command to the engine beside it does not wait for it. */
async function open(endpoint: Endpoint): Promise<Opened> {
  switch (endpoint.kind) {
    case "unix":
      return { exchange: new LocalExchange(endpoint.path), socket: endpoint };
    case "ssh": {
      const { SshRelay } = await import("./ssh-relay.ts");
      const relay = await SshRelay.listen(endpoint);
      return { exchange: new LocalExchange(relay.endpoint.path), socket: relay.endpoint, relay };
    }
    case "tcp": {
      const { RemoteExchange } = await import("./remote-exchange.ts");
      return { exchange: new RemoteExchange(endpoint), socket: endpoint };
    }
  }
}

/** As much of it as a message can be long. */
async function errorText(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
