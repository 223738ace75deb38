import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { EngineError, kindOf, messageOf } from "../../base/errors.ts";
import type { ApiResponse, ResponseStream } from "./route.ts";
import { STATUS } from "./status.ts";
import { atLeast } from "./version.ts";

/** The client is not there to be answered any more. */
export function clientGone(): EngineError {
  return new EngineError("Canceled", "the client went away");
}

export interface AnswerOptions {
  readonly response: ServerResponse;
  /** On every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** Whether the client asked for `Upgrade`. */
  readonly upgrade: boolean;
  /** Told that the answer is a stream from now on. */
  readonly streaming: () => void;
  /** Takes the connection from HTTP, with whatever body was announced read to its end. */
  readonly takeOver: () => Promise<Duplex>;
}

type Phase = "waiting" | "streaming" | "done" | "hijacked";

export class Answer implements ApiResponse {
  readonly #options: AnswerOptions;
  #phase: Phase = "waiting";
  #status = 0;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** 0 before the answer has begun. */
  get status(): number {
    return this.#status;
  }

  async json(status: number, value: unknown): Promise<void> {
    // Docker's encoder ends each value with a newline; scripts that read lines count on it.
    const body = Buffer.from(`${JSON.stringify(value)}\n`);
    this.#head(status, { "Content-Type": "application/json", "Content-Length": String(body.length) }, "done");
    this.#options.response.end(body);
  }

  async empty(status: number): Promise<void> {
    const none = status === 204 || status === 304;
    this.#head(status, none ? {} : { "Content-Length": "0" }, "done");
    this.#options.response.end();
  }

  start(status: number, headers: Readonly<Record<string, string>>): ResponseStream {
    this.#head(status, headers, "streaming");
    this.#options.response.flushHeaders();
    this.#options.streaming();
    return new HttpStream(this.#options.response, () => (this.#phase = "done"));
  }

  async hijack({ tty }: { readonly tty: boolean }): Promise<Duplex> {
    const { headers, apiVersion, upgrade, takeOver } = this.#options;
    this.#begin(upgrade ? 101 : 200, "hijacked");
    const connection = await takeOver();
    const raw = tty || !atLeast(apiVersion, "1.42");
    const lines = [
      upgrade ? "HTTP/1.1 101 UPGRADED" : "HTTP/1.1 200 OK",
      `Content-Type: application/vnd.docker.${raw ? "raw" : "multiplexed"}-stream`,
      ...(upgrade ? ["Connection: Upgrade", "Upgrade: tcp"] : []),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    connection.write(`${lines.join("\r\n")}\r\n\r\n`);
    return connection;
  }

  /** Turns an error into an answer, or cuts the one that has begun. */
  async fail(error: unknown): Promise<void> {
    const { response } = this.#options;
    if (this.#phase !== "waiting") {
      if (this.#phase === "streaming") response.destroy();
      return;
    }
    if (response.destroyed) return;
    const status = STATUS[kindOf(error)];
    if (status === 304) await this.empty(304);
    else await this.json(status, { message: messageOf(error) });
  }

  #head(status: number, headers: Readonly<Record<string, string>>, phase: Phase): void {
    this.#begin(status, phase);
    const { response } = this.#options;
    if (response.destroyed) throw clientGone();
    response.writeHead(status, { ...this.#options.headers, ...headers });
  }

  #begin(status: number, phase: Phase): void {
    if (this.#phase !== "waiting") throw new Error(`the request was answered twice: ${this.#status} and ${status}`);
    this.#phase = phase;
    this.#status = status;
  }
}

class HttpStream implements ResponseStream {
  readonly #response: ServerResponse;
  readonly #ended: () => void;

  constructor(response: ServerResponse, ended: () => void) {
    this.#response = response;
    this.#ended = ended;
  }

  async write(chunk: Uint8Array | string): Promise<void> {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) throw clientGone();
    if (response.write(chunk)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        response.off("drain", settle).off("close", settle);
        if (response.destroyed) reject(clientGone());
        else resolve();
      };
      response.on("drain", settle).on("close", settle);
    });
  }

  async end(): Promise<void> {
    this.#ended();
    this.#response.end();
  }
}
