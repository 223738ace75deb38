/** An engine of a few lines on a unix socket: each test says what it answers. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient } from "../../../sdk/client/api/api-client.ts";
import { Engine } from "../../../sdk/engine/engine.ts";
import { Transport } from "../../../sdk/transport/transport.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
/** Gets the connection once it has left HTTP. */
export type StdioAnswer = (socket: Socket, request: IncomingMessage, body: string) => void | Promise<void>;

export interface FakeAnswers {
  /** `GET /containers/json`, without version and query. */
  readonly [methodAndPath: string]: Answer | object;
}

export const API_VERSION = "1.43";

export class FakeEngine implements AsyncDisposable {
  readonly socketPath: string;
  /** What was asked, in order: `GET /v1.43/info?x=1`. */
  readonly requests: string[] = [];
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  readonly #answers: FakeAnswers;
  readonly #stdio: Readonly<Record<string, StdioAnswer>>;
  #server: Server | undefined;

  constructor(answers: FakeAnswers, stdio: Readonly<Record<string, StdioAnswer>> = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), "slipway-fake-"));
    this.socketPath = join(this.#folder, "engine.sock");
    this.#answers = answers;
    this.#stdio = stdio;
  }

  static async start(answers: FakeAnswers, stdio: Readonly<Record<string, StdioAnswer>> = {}): Promise<FakeEngine> {
    const engine = new FakeEngine(answers, stdio);
    await engine.listen();
    return engine;
  }

  /** A client without the ping that connecting begins with. */
  client(): ApiClient {
    const ping = { apiVersion: API_VERSION, osType: "linux", server: "Fake", builderVersion: "", experimental: false };
    return new ApiClient(new Transport({ kind: "unix", path: this.socketPath }), API_VERSION, ping);
  }

  async connect(env: Readonly<Record<string, string>> = {}): Promise<Engine> {
    return await Engine.connect({ host: `unix://${this.socketPath}`, env: { HOME: this.#folder, ...env } });
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on(
      "upgrade",
      (request: IncomingMessage, socket: Socket, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve));
  }

  /** As a killed engine does: every connection breaks, the socket refuses. */
  async crash(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = this.#note(request);
    const answer = this.#answers[key];
    if (key === "GET /_ping") response.setHeader("api-version", API_VERSION).setHeader("server", "Fake").end("OK");
    else if (typeof answer === "function") await (answer as Answer)(request, response);
    else if (answer !== undefined) response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    else sendError(response, 404, `page not found: ${key}`);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const key = this.#note(request);
    const length = Number(request.headers["content-length"] ?? 0);
    let body = head.toString();
    while (body.length < length) body += await nextChunk(socket);
    const answer = this.#stdio[key];
    if (answer === undefined)
      return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n\r\n{"message":"no such"}');
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    await answer(socket, request, body);
  }

  #note(request: IncomingMessage): string {
    this.requests.push(`${request.method} ${request.url}`);
    return `${request.method} ${(request.url ?? "").replace(/^\/v[\d.]+/, "").replace(/\?.*$/, "")}`;
  }
}

export function sendError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}

/** One frame of Docker's stdio: 1 is stdout, 2 stderr, 3 an error of the engine. */
export function frame(stream: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload as string);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

export async function nextChunk(socket: Socket): Promise<string> {
  return await new Promise((resolve) => socket.once("data", (chunk: Buffer) => resolve(chunk.toString())));
}

/** Everything until the other side has ended its direction. */
export async function untilEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function requestBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
