import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { EngineError } from "../../base/errors.ts";
import { Connection, PATIENCE, type Patience } from "./connection.ts";
import { Exchange, type ExchangeDeps, type Incoming } from "./exchange.ts";
import { UpgradeBody } from "./upgrade-body.ts";

/** X-Registry-Auth can carry a token of several kilobytes, X-Registry-Config one a registry. Go's limit, in bytes. */
const HEAD_LIMIT = 1024 * 1024;

/** HTTP over connections that others accept. */
export class HttpApi {
  readonly #deps: ExchangeDeps;
  readonly #patience: Patience;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;
  #requests = 0;

  constructor(deps: ExchangeDeps, patience: Patience = PATIENCE) {
    this.#deps = deps;
    this.#patience = patience;
    this.#server = createServer({
      maxHeaderSize: HEAD_LIMIT,
      // An attach lasts for days, and an idle client is the client's affair: no clock of node:http's runs. What may be hostile
      // is bounded by Connection.
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
      // Any other upgrade (h2c, as curl offers it) is one that we do not take: the request is answered as it is.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "tcp",
    });
    // A client may close its half once it has asked (`nc -N`); node:http would close the other under the answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server
      .on("request", (request, response) => this.#begin(request, { response }))
      .on("checkContinue", (request, response) => this.#begin(request, { response, expectsContinue: true }))
      .on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  accept(socket: Socket, options: { readonly guarded: boolean }): void {
    if (this.#closing) return void socket.destroy();
    const connection = new Connection(this.#server, socket, options.guarded ? this.#patience : undefined);
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      connection.closed();
      this.#connections.delete(socket);
      if (this.#closing && this.#connections.size === 0) this.#closed.resolve();
    });
  }

  async close(deadline: AbortSignal): Promise<void> {
    this.#closing = true;
    for (const connection of this.#connections.values()) this.#wind(connection);
    if (this.#connections.size === 0) return;
    const cut = (): void => {
      for (const { exchanges, socket } of this.#connections.values()) {
        for (const each of exchanges) each.cancel(ending());
        socket.destroy();
      }
    };
    if (deadline.aborted) cut();
    else deadline.addEventListener("abort", cut, { once: true });
    await this.#closed.promise;
    deadline.removeEventListener("abort", cut);
  }

  /** Streams are told to end, idle connections are closed, and a request that is at work is let finish. */
  #wind({ exchanges, detached, socket }: Connection): void {
    for (const each of exchanges) if (each.streaming) each.cancel(ending());
    if (detached) socket.destroySoon();
    else if (exchanges.size === 0) socket.destroy();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // Refused: the connection has left HTTP and cannot go back.
    response.once("finish", () => {
      response.detachSocket(socket);
      socket.destroySoon();
    });
    socket.on("error", () => undefined);
    this.#begin(request, { response, upgradeBody: new UpgradeBody(request, socket, head) });
  }

  #begin(request: IncomingMessage, rest: Pick<Incoming, "response" | "upgradeBody" | "expectsContinue">): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    if (this.#closing) rest.response.shouldKeepAlive = false;
    this.#deps.onActivity?.();
    const exchange = new Exchange(this.#deps, { id: ++this.#requests, request, connection, ...rest });
    connection.add(exchange);
    void exchange.run().finally(() => {
      this.#deps.onActivity?.();
      this.#end(connection, exchange, rest.response);
    });
  }

  /** The exchange is over for its connection when the answer is out, not when it is written. */
  #end(connection: Connection, exchange: Exchange, response: ServerResponse): void {
    const done = (): void => {
      connection.remove(exchange);
      if (this.#closing && !connection.detached && connection.exchanges.size === 0) connection.socket.destroySoon();
    };
    if (connection.detached || response.destroyed || response.writableFinished) done();
    else response.once("close", done);
  }
}

function ending(): EngineError {
  return new EngineError("Canceled", "the daemon is stopping");
}
