import type { Server as NetServer, Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Logger } from "../base/logger.ts";
import { API_VERSION } from "../../sdk/contract/common.ts";
import type { Engine } from "../engine/services.ts";
import { HttpApi } from "./http/http-api.ts";
import { JsonReader } from "./http/json.ts";
import { Router } from "./http/router.ts";
import { apiRoutes } from "./routes.ts";

export interface ApiOptions {
  readonly engine: Engine;
  readonly log: Logger;
  /** Of Slipway: the Server header. */
  readonly version: string;
  /** At the begin and the end of each request: who keeps an idle daemon small wants to know when it is idle. */
  readonly onActivity?: () => void;
}

/**
 * The HTTP API, over connections of any number of listeners:
 *
 *     const api = createApi({ engine, log, version });
 *     api.serve(net.createServer().listen(path), { guarded: false });      // unix
 *     api.serve(tls.createServer(options).listen(port), { guarded: true }); // TLS; net.createServer() for plain TCP
 *     …
 *     server.close();
 *     await api.close(AbortSignal.timeout(10_000));
 *
 * The listeners' life (listen, mode of the socket, close) is the caller's.
 */
export interface Api {
  /** Takes the connections of a net or tls server. `guarded` for TCP: a client that dribbles its request is cut off. */
  serve(server: NetServer, options: { readonly guarded: boolean }): void;
  /** Takes one connection that was accepted elsewhere. */
  accept(socket: Socket, options: { readonly guarded: boolean }): void;
  /**
   * Streams (events, attach, logs, pulls) are told to end, idle connections are closed, and requests that are at work are let
   * finish. When `deadline` aborts, what is left is cut. Resolves when no connection is left. Idempotent.
   */
  close(deadline: AbortSignal): Promise<void>;
}

export function createApi({ engine, log, version, onActivity }: ApiOptions): Api {
  const http = new HttpApi({
    router: new Router(apiRoutes(engine)),
    reader: new JsonReader(),
    log,
    onActivity,
    headers: {
      Server: `Slipway/${version} (linux)`,
      "Api-Version": API_VERSION,
      Ostype: "linux",
      "Docker-Experimental": "false",
    },
  });
  return {
    serve: (server, options) =>
      // A tls server has both events; a socket before its handshake is not ours.
      void server.on(server instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) =>
        http.accept(socket, options),
      ),
    accept: (socket, options) => http.accept(socket, options),
    close: (deadline) => http.close(deadline),
  };
}
