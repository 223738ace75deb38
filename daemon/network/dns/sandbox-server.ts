import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "../../base/logger.ts";
import { type DatagramBatch, encodePeer, send } from "../../linux/datagrams.ts";
import { readFrames, toFrame } from "./frames.ts";
import type { Resolver } from "./resolver.ts";
import type { SandboxSockets } from "./sandbox-sockets.ts";

export interface SandboxServerDeps {
  readonly resolver: Resolver;
  /** Of the sandbox, beside its loopback: who else may ask. */
  readonly isOwnAddress: (address: string) => boolean;
  /** One for all sandboxes. */
  readonly datagrams: DatagramBatch;
  readonly log: Logger;
}

/** Questions that are taken in one turn of the event loop, about a millisecond of them: no sandbox keeps others waiting. */
const MOST_IN_A_TURN = 256;
/** So many of them is one that is asked outside, with a socket of its own. */
const OUTSIDE_COST = 32;
const MOST_CONNECTIONS = 32;
/** ms without a question. */
const IDLE = 10_000;

/** The name server of one sandbox, over UDP and TCP. Nothing runs while nobody asks. */
export class SandboxServer implements Disposable {
  readonly #deps: SandboxServerDeps;
  readonly #fd: number;
  readonly #udp: DatagramSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  /** In this turn of the event loop. */
  #taken = 0;
  #closed = false;

  constructor({ udp, tcp }: SandboxSockets, deps: SandboxServerDeps) {
    this.#deps = deps;
    this.#fd = udp;
    this.#udp = createSocket("udp4");
    this.#udp.on("message", (message, { address, port }) => this.#take(message, encodePeer(address, port)));
    this.#udp.on("error", (error) => deps.log.warn("a name server failed", { error }));
    this.#udp.bind({ fd: udp });
    this.#udp.unref();
    this.#tcp = createServer((socket) => void this.#serve(socket));
    this.#tcp.maxConnections = MOST_CONNECTIONS;
    this.#tcp.on("error", (error) => deps.log.warn("a name server failed", { error }));
    this.#tcp.listen({ fd: tcp });
    this.#tcp.unref();
  }

  /** One, and all that has come behind it: through the event loop each would take three times as long. */
  #take(message: Buffer, sender: Buffer): void {
    const { datagrams } = this.#deps;
    if (this.#taken === 0) setImmediate(() => (this.#taken = 0));
    const answer = this.#answer(message, message.length, sender);
    if (answer !== undefined) datagrams.put(this.#fd, answer, sender);
    let isMore = true;
    while (isMore && this.#taken < MOST_IN_A_TURN) isMore = datagrams.exchange(this.#fd, this.#answer);
    datagrams.send(this.#fd);
  }

  /** @returns the answer, where we know it at once. */
  readonly #answer = (bytes: Buffer, length: number, sender: Buffer): Buffer | undefined => {
    this.#taken++;
    if (!this.#mayAsk(sender)) return undefined;
    const answer = this.#deps.resolver.answer(bytes, length, "udp");
    if (!(answer instanceof Promise)) return answer;
    this.#taken += OUTSIDE_COST;
    const receiver = Buffer.from(sender);
    void answer.then((late) => {
      if (!this.#closed) send(this.#fd, late, receiver);
    });
    return undefined;
  };

  /** A container may have let the kernel route 127/8, and so its neighbours in. */
  #mayAsk(sender: Buffer): boolean {
    return sender[4] === 127 || this.#deps.isOwnAddress(`${sender[4]}.${sender[5]}.${sender[6]}.${sender[7]}`);
  }

  /** One question after the other: an asker that sends many waits for its own answers. */
  async #serve(socket: Socket): Promise<void> {
    const { remoteAddress = "" } = socket;
    if (!remoteAddress.startsWith("127.") && !this.#deps.isOwnAddress(remoteAddress)) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.unref();
    socket.setTimeout(IDLE, () => socket.destroy());
    try {
      for await (const message of readFrames(socket)) {
        const answer = await this.#deps.resolver.answer(message, message.length, "tcp");
        if (answer === undefined) break;
        if (!socket.write(toFrame(answer))) await drained(socket);
      }
      socket.end();
    } catch {
      // It went away.
    } finally {
      this.#connections.delete(socket);
      if (!socket.writableEnded) socket.destroy();
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#udp.close();
    this.#tcp.close();
    for (const socket of this.#connections) socket.destroy();
  }
}

async function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once("drain", resolve).once("close", resolve);
  await promise;
  socket.off("drain", resolve).off("close", resolve);
}
