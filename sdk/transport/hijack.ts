import type { Socket } from "node:net";
import { errorFromStatus, messageFromBody, ProtocolError } from "./errors.ts";

/** The head of an HTTP/1.1 answer; header names are lower-case. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** A connection that has left HTTP: the engine's stdio stream in both directions. */
export interface Hijacked {
  readonly head: ResponseHead;
  /** Bytes that came with the answer's head are read from it first. `end()` closes our direction only. */
  readonly socket: Socket;
}

export interface HijackRequest {
  readonly method: "POST" | "GET";
  /** With the query. */
  readonly target: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_ERROR_BYTES = 1024 * 1024;

/**
 * Sends one request and takes the connection over. Accepts 101 (RFC 9110, 7.8) and 200, with which engines before the
 * upgrade hijacked.
 * @throws SlipwayError by the status of any other answer; ProtocolError when the answer is not HTTP.
 */
export async function hijack(socket: Socket, request: HijackRequest, signal?: AbortSignal): Promise<Hijacked> {
  const onAbort = (): void => void socket.destroy(signal?.reason as Error);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", onAbort, { once: true });
  socket.once("close", () => signal?.removeEventListener("abort", onAbort));
  // Kept in socket.errored for whoever reads; between two readers it must not be an uncaught one.
  socket.on("error", () => undefined);
  try {
    socket.write(requestText(request));
    const head = await readHead(socket);
    if (head.status === 101 || head.status === 200) return { head, socket };
    const message = messageFromBody(head.status, await readErrorBody(socket, head));
    throw errorFromStatus(head.status, message);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function requestText(request: HijackRequest): string {
  const body = request.body ?? "";
  const headers: Record<string, string> = {
    Host: request.host,
    "User-Agent": "slipway",
    ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "Upgrade",
    Upgrade: "tcp",
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => {
    if (/[\r\n]/.test(value)) throw new ProtocolError(`header ${name} holds a line break`);
    return `${name}: ${value}`;
  });
  return `${request.method} ${request.target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Reads to the empty line and puts what follows back into the socket. */
async function readHead(socket: Socket): Promise<ResponseHead> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const chunk = await readSome(socket);
    if (chunk === undefined) throw new ProtocolError("the connection ended before the answer's head");
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end !== -1) {
      if (end + 4 < seen.length) socket.unshift(seen.subarray(end + 4));
      const head = parseHead(seen.toString("latin1", 0, end));
      // RFC 9110, 15.2: a client reads past interim answers; 101 is the one that ends HTTP.
      if (head.status >= 200 || head.status === 101) return head;
      seen = Buffer.alloc(0);
      continue;
    }
    if (seen.length > MAX_HEAD_BYTES) throw new ProtocolError(`an answer's head of more than ${MAX_HEAD_BYTES} bytes`);
  }
}

function parseHead(text: string): ResponseHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined) throw new ProtocolError(`not an HTTP answer: ${JSON.stringify(statusLine.slice(0, 100))}`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(status), headers };
}

/** An error body by its length, by chunks, or to the end of the connection. */
async function readErrorBody(socket: Socket, head: ResponseHead): Promise<string> {
  const length = Number(head.headers.get("content-length") ?? Number.NaN);
  const chunked = /chunked/i.test(head.headers.get("transfer-encoding") ?? "");
  let body = Buffer.alloc(0);
  while (body.length < MAX_ERROR_BYTES) {
    if (!chunked && body.length >= length) break;
    if (chunked && body.includes("0\r\n\r\n")) break;
    const chunk = await readSome(socket);
    if (chunk === undefined) break;
    body = Buffer.concat([body, chunk]);
  }
  return chunked ? joinChunks(body) : body.toString("utf8");
}

function joinChunks(body: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (lineEnd === -1 || !(size > 0)) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The bytes that are there, or those that come next; undefined at the end. Leaves the socket paused. */
async function readSome(socket: Socket): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (socket.errored) throw socket.errored;
    if (socket.readableEnded || socket.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        for (const name of EVENTS) socket.off(name, settle);
        resolve();
      };
      for (const name of EVENTS) socket.once(name, settle);
    });
  }
}

const EVENTS = ["readable", "end", "close", "error"] as const;
