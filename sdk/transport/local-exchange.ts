import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Exchange, ExchangeRequest, ExchangeResponse } from "./exchange.ts";

// Not an import: the names that an ES module takes from node:http make Node load its fetch and WebSocket too, 30 ms for each command.
const http = (): typeof import("node:http") => process.getBuiltinModule("node:http");

/** HTTP over a unix socket, with what Node has in itself: undici would double the start-up of a command. */
export class LocalExchange implements Exchange {
  readonly #socketPath: string;
  readonly #agent: Agent;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#agent = new (http().Agent)({ keepAlive: true });
  }

  async send(request: ExchangeRequest): Promise<ExchangeResponse> {
    const outgoing = this.#start(request);
    try {
      return await this.#answer(outgoing, request);
    } catch (error) {
      // The engine closed the idle connection, or was restarted, before it saw the request: RFC 9110, 9.2.2 lets a read be repeated.
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (!outgoing.reusedSocket || !isRead || request.signal?.aborted || !isReset(error)) throw error;
      return await this.#answer(this.#start(request), request);
    }
  }

  #start({ method, target: path, headers, signal }: ExchangeRequest): ClientRequest {
    signal?.throwIfAborted();
    // A server name, even "", keeps the agent from looking whether the host is an address: 3 ms the first time.
    const where = { socketPath: this.#socketPath, agent: this.#agent, servername: "" };
    return http().request({ ...where, method, path, headers });
  }

  async #answer(outgoing: ClientRequest, { body, signal }: ExchangeRequest): Promise<ExchangeResponse> {
    abortWith(signal, outgoing);
    const answer = answerTo(outgoing);
    sendBody(outgoing, body);
    const response = await answer;
    abortWith(signal, response);
    // An answer that does not wait for the rest of the body has refused it.
    response.once("end", () => void (outgoing.writableFinished || outgoing.destroy()));
    return { status: response.statusCode ?? 0, headers: response.headers, body: response };
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }
}

function abortWith(signal: AbortSignal | undefined, stream: ClientRequest | IncomingMessage): void {
  if (signal === undefined) return;
  const onAbort = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", onAbort));
}

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    // Stays for the life of the request: an error after the answer also reaches the body, and must not be unhandled here.
    outgoing.on("error", reject);
  });
}

function sendBody(outgoing: ClientRequest, body: ExchangeRequest["body"]): void {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return void outgoing.end(body);
  if (body instanceof Readable) outgoing.once("close", () => body.destroy());
  copy(body, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
}

/** Not `pipeline`, which hides a source's error behind "socket hang up". */
async function copy(source: AsyncIterable<Uint8Array>, outgoing: ClientRequest): Promise<void> {
  for await (const chunk of source) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off("drain", settle).off("close", settle);
      resolve();
    };
    outgoing.once("drain", settle).once("close", settle);
    if (outgoing.destroyed) settle();
  });
}
