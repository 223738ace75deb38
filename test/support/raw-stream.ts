/** Docker's hijacked connection: a request that becomes a raw stream (`Upgrade: tcp`). */
import { request } from "node:http";
import type { Socket } from "node:net";

export class RawStream implements AsyncDisposable {
  readonly #socket: Socket;
  #screen = "";
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    const take = (chunk: Buffer): void => {
      this.#screen += chunk.toString("utf8");
      this.#wake();
    };
    take(head);
    socket.on("data", take).on("close", () => this.#wake());
    socket.on("error", () => undefined); // "close" follows
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** Everything until then. @throws when the stream ends before. */
  async until(text: string): Promise<string> {
    while (!this.#screen.includes(text)) {
      if (this.#socket.destroyed)
        throw new Error(`the stream ended before ${JSON.stringify(text)}: ${JSON.stringify(this.#screen)}`);
      await this.#changed.promise;
    }
    return this.#screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** @throws when the answer is not 101. */
export function connectRaw(socketPath: string, path: string, body?: unknown): Promise<RawStream> {
  return new Promise((resolve, reject) => {
    const headers = { Connection: "Upgrade", Upgrade: "tcp", "Content-Type": "application/json" };
    const outgoing = request({ socketPath, method: "POST", path, headers, agent: false });
    outgoing.on("upgrade", (_response, socket, head) => resolve(new RawStream(socket, head)));
    outgoing.on("response", (response) => {
      response.resume();
      reject(new Error(`${path} answered ${response.statusCode}`));
    });
    outgoing.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
