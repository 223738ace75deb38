import { Pool, type Dispatcher } from "undici";
import { tlsOptions, type SocketEndpoint } from "./dial.ts";
import type { Exchange, ExchangeRequest, ExchangeResponse } from "./exchange.ts";
import { httpHost } from "./http-host.ts";

/** HTTP to another machine, through a pool of undici's. */
export class RemoteExchange implements Exchange {
  readonly #pool: Pool;

  constructor(endpoint: Extract<SocketEndpoint, { kind: "tcp" }>) {
    const secure = endpoint.tls !== undefined;
    this.#pool = new Pool(`${secure ? "https" : "http"}://${httpHost(endpoint)}`, {
      connect: secure ? tlsOptions(endpoint) : {},
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      allowH2: false,
    });
  }

  async send(request: ExchangeRequest): Promise<ExchangeResponse> {
    const { method, target: path, headers, signal } = request;
    const body = request.body as Dispatcher.DispatchOptions["body"];
    const response = await this.#pool.request({ method, path, headers, body, signal });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
