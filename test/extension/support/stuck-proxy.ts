/** Stands before an engine and swallows one question: the client has sent it, and nothing comes back. Everything else passes. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

export class StuckProxy implements AsyncDisposable {
  readonly socket: string;
  readonly #upstream: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #swallowed: RegExp | undefined;
  readonly #asked = Promise.withResolvers<void>();
  /** Resolves when a question was swallowed. */
  readonly asked = this.#asked.promise;

  static async start(socket: string, upstream: string, swallowed: RegExp): Promise<StuckProxy> {
    const proxy = new StuckProxy(socket, upstream, swallowed);
    proxy.#server.listen(socket);
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(socket: string, upstream: string, swallowed: RegExp) {
    this.socket = socket;
    this.#upstream = upstream;
    this.#swallowed = swallowed;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));
  }

  /** From here on every question passes. */
  release(): void {
    this.#swallowed = undefined;
  }

  #serve(client: Socket): void {
    const engine = connect({ path: this.#upstream, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    }
    engine.on("close", () => client.destroy()).pipe(client);
    client
      .on("close", () => engine.destroy())
      .on("end", () => engine.end())
      .on("data", (chunk: Buffer) => {
        // A client that waits for answers begins every question in a chunk of its own.
        if (this.#swallowed?.test(chunk.toString("latin1")) === true) this.#asked.resolve();
        else if (!engine.write(chunk)) client.pause();
      });
    engine.on("drain", () => client.resume());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await rm(this.socket, { force: true });
  }
}
