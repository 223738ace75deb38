/** The HTTP core over a real unix socket, with routes of the test's own. */
import { createServer, connect, type Server, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createLogger } from "../../../daemon/base/logger.ts";
import type { Patience } from "../../../daemon/api/http/connection.ts";
import { HttpApi } from "../../../daemon/api/http/http-api.ts";
import { JsonReader } from "../../../daemon/api/http/json.ts";
import type { Route } from "../../../daemon/api/http/route.ts";
import { Router } from "../../../daemon/api/http/router.ts";

export class FakeApi implements AsyncDisposable {
  readonly socketPath: string;
  readonly http: HttpApi;
  readonly lines: string[];
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, server: Server, http: HttpApi, lines: string[]) {
    this.#folder = folder;
    this.#server = server;
    this.http = http;
    this.lines = lines;
    this.socketPath = join(folder, "api.sock");
  }

  /** `patience` makes its connections guarded. */
  static async start(routes: readonly Route[], patience?: Patience): Promise<FakeApi> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-api-"));
    const lines: string[] = [];
    const deps = {
      router: new Router(routes),
      reader: new JsonReader(),
      log: createLogger({ level: "debug", format: "json", write: (line) => void lines.push(line) }),
      headers: { Server: "Slipway/0 (linux)", "Api-Version": "1.51" },
    };
    const http = new HttpApi(deps, patience);
    const server = createServer((socket) => http.accept(socket, { guarded: patience !== undefined }));
    const api = new FakeApi(folder, server, http, lines);
    await once(server.listen(api.socketPath), "listening");
    return api;
  }

  /** A connection that stays open when one side is done. */
  async connect(): Promise<Socket> {
    const socket = connect({ path: this.socketPath, allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await this.http.close(AbortSignal.abort());
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function route(method: Route["method"], path: string, handle: Route["handle"]): Route {
  return { method, path, handle };
}

/** What a socket says until its end. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString("latin1");
  return text;
}

/** What it says until `mark` has come. */
export async function readUntil(socket: Socket, mark: string): Promise<string> {
  let text = "";
  while (!text.includes(mark)) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await Promise.race([once(socket, "readable"), once(socket, "end")]);
    else text += chunk.toString("latin1");
    if (socket.readableEnded) break;
  }
  return text;
}
