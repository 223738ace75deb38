import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { EngineError } from "../../base/errors.ts";
import { JSON_LIMIT } from "./body.ts";

/**
 * The body of a request with `Connection: Upgrade`. node:http stops at the end of the head of such a request, so its body
 * (options in JSON, with a length) is taken from the connection here, and what follows it goes back there.
 */
export class UpgradeBody {
  readonly #request: IncomingMessage;
  readonly #socket: Socket;
  #read: Promise<Buffer> | undefined;

  constructor(request: IncomingMessage, socket: Socket, head: Buffer) {
    this.#request = request;
    this.#socket = socket;
    if (head.length > 0) socket.unshift(head);
  }

  /** Idempotent. @throws InvalidParameter for a body that is cut, or longer than options can be. */
  read(): Promise<Buffer> {
    return (this.#read ??= this.#take(Number(this.#request.headers["content-length"] ?? 0)));
  }

  async #take(length: number): Promise<Buffer> {
    if (length > JSON_LIMIT)
      throw new EngineError("InvalidParameter", `request body is larger than ${JSON_LIMIT} bytes`);
    const chunks: Buffer[] = [];
    for (let left = length; left > 0;) {
      const chunk = await this.#next();
      chunks.push(chunk.subarray(0, left));
      if (chunk.length > left) this.#socket.unshift(chunk.subarray(left));
      left -= Math.min(left, chunk.length);
    }
    return Buffer.concat(chunks);
  }

  async #next(): Promise<Buffer> {
    const socket = this.#socket;
    for (;;) {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (socket.readableEnded || socket.destroyed)
        throw new EngineError("InvalidParameter", "request body was cut short");
      await new Promise<void>((resolve) => {
        const settle = (): void => {
          for (const name of ENDS) socket.off(name, settle);
          resolve();
        };
        for (const name of ENDS) socket.on(name, settle);
      });
    }
  }
}

const ENDS = ["readable", "end", "close", "error"] as const;
