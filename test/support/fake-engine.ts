/** An engine that only remembers what it was asked and answers from a table: what two clients send can be compared. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RecordedRequest {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export interface CannedAnswer {
  readonly status?: number;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection becomes a raw stream after the head, with these bytes in it. */
  readonly hijack?: string | Uint8Array;
}

/** `GET /containers/json` → its answer, or what makes one. The first key that fits counts; `*` stands for a part of a path. */
export type Answers = Readonly<Record<string, CannedAnswer | ((request: RecordedRequest) => CannedAnswer)>>;

export interface FakeEngine extends AsyncDisposable {
  /** `unix://…`, for DOCKER_HOST */
  readonly host: string;
  readonly folder: string;
  /** All but pings, in order. */
  readonly requests: readonly RecordedRequest[];
}

export async function startFakeEngine(answers: Answers = {}): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-fake-"));
  const path = join(folder, "engine.sock");
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => void answer(request, response));
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void (async () => {
      const recorded = await record(request, await bodyBehind(request, socket, head));
      // What is not read keeps the connection open.
      socket.resume();
      requests.push(recorded);
      const canned = find(answers, recorded);
      if (canned.hijack === undefined) {
        const body = JSON.stringify(canned.body ?? {});
        socket.end(
          `HTTP/1.1 ${canned.status ?? 200} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
        return;
      }
      const type = canned.headers?.["content-type"] ?? "application/vnd.docker.multiplexed-stream";
      socket.write(`HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
      socket.end(canned.hijack);
    })();
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.endsWith("/_ping")) {
      response
        .writeHead(200, { "api-version": "1.50", ostype: "linux", server: "Fake/1.0 (linux)", "builder-version": "1" })
        .end(request.method === "HEAD" ? "" : "OK");
      return;
    }
    const recorded = await record(request);
    requests.push(recorded);
    const canned = find(answers, recorded);
    const body =
      canned.body === undefined ? "" : typeof canned.body === "string" ? canned.body : JSON.stringify(canned.body);
    response
      .writeHead(canned.status ?? (body === "" ? 204 : 200), { "content-type": "application/json", ...canned.headers })
      .end(body);
  }

  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    folder,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function find(answers: Answers, request: RecordedRequest): CannedAnswer {
  for (const [pattern, canned] of Object.entries(answers)) {
    const [method, path = ""] = pattern.split(" ");
    const expression = new RegExp(
      `^${path
        .split("*")
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
        .join("[^?]*")}$`,
    );
    if (method === request.method && expression.test(request.path))
      return typeof canned === "function" ? canned(request) : canned;
  }
  return { status: 404, body: { message: `page not found: ${request.method} ${request.path}` } };
}

async function record(request: IncomingMessage, head: Buffer = Buffer.alloc(0)): Promise<RecordedRequest> {
  const url = new URL(request.url ?? "/", "http://engine");
  const chunks: Buffer[] = [head];
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  if (request.headers.upgrade === undefined) for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks)
    .subarray(0, Number.isNaN(length) ? undefined : length)
    .toString("utf8");
  return {
    method: request.method ?? "",
    path: url.pathname.replace(/^\/v\d+\.\d+/, ""),
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: parsed(text),
  };
}

/** The body of a request for an upgrade: the head may have come without it. */
async function bodyBehind(request: IncomingMessage, socket: Socket, head: Buffer): Promise<Buffer> {
  const length = Number(request.headers["content-length"] ?? 0);
  let body = head;
  while (body.length < length) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, "readable");
    else body = Buffer.concat([body, chunk]);
  }
  return body;
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}
