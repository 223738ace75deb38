import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** Milliseconds. */
export interface Patience {
  /** For the head of the first request. */
  readonly first: number;
  /** For that of a later one, with the pause before it. */
  readonly next: number;
}

export const PATIENCE: Patience = { first: 60_000, next: 300_000 };

const EVENTS = ["data", "end", "close", "error", "drain", "timeout", "readable"] as const;
type Listener = (...args: unknown[]) => void;

/** A socket that node:http has wrapped; of its inner parts only these are touched. */
interface HttpSocket {
  parser?: { close(): void } | null;
  readableFlowing: boolean | null;
}

/** One accepted connection: what is under way on it, and how it leaves HTTP. */
export class Connection {
  readonly socket: Socket;
  readonly exchanges = new Set<Exchange>();
  /** HTTP has nothing to do with it any more. */
  detached = false;
  /** The client sends no more. */
  inputEnded = false;
  readonly #patience: Patience | undefined;
  /** Listeners of node:http. */
  readonly #its: ReadonlyMap<string, readonly Listener[]>;
  #timer: NodeJS.Timeout | undefined;

  /** `patience`: for those that may be hostile (TCP), so that a connection cannot be held by dribbling a head. */
  constructor(server: Server, socket: Socket, patience: Patience | undefined) {
    this.socket = socket;
    this.#patience = patience;
    // A hijacked stream is listened to by HTTP, by us, and twice by a pipeline from it to itself.
    socket.setMaxListeners(32);
    // The client says that it has no more input by closing its half; output goes on. Set here for sockets of any server.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    const before = EVENTS.map((name) => new Set(socket.listeners(name)));
    server.emit("connection", socket);
    this.#its = new Map(
      EVENTS.map((name, at) => [
        name,
        socket.listeners(name).filter((each) => before[at]?.has(each) === false) as Listener[],
      ]),
    );
    socket.once("end", () => {
      this.inputEnded = true;
      for (const each of this.exchanges) each.inputEnded();
    });
    this.#guard(this.#patience?.first);
  }

  add(exchange: Exchange): void {
    this.exchanges.add(exchange);
    clearTimeout(this.#timer);
  }

  remove(exchange: Exchange): void {
    this.exchanges.delete(exchange);
    if (this.exchanges.size === 0 && !this.detached) this.#guard(this.#patience?.next);
  }

  #guard(timeout: number | undefined): void {
    if (timeout === undefined || this.socket.destroyed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.socket.destroy(), timeout).unref();
  }

  closed(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Takes the socket from node:http, whose own way out ("upgrade") exists only for requests with `Connection: Upgrade`. Its
   * listeners go, its parser lets go of the handle (asking for "readable" does that), and nothing was lost as long as the
   * client sends only what it announced until it is answered.
   */
  detach(response: ServerResponse): Socket {
    const socket = this.socket;
    const inner = socket as unknown as HttpSocket;
    response.detachSocket(socket);
    const ignore = (): void => undefined;
    socket.on("readable", ignore).off("readable", ignore);
    for (const [name, listeners] of this.#its) for (const each of listeners) socket.off(name, each);
    const parser = inner.parser;
    inner.parser = null;
    // It may be what called us.
    setImmediate(() => parser?.close());
    // Reading goes on, into the socket's buffer, as node:http leaves it at an upgrade.
    inner.readableFlowing = null;
    return socket;
  }
}
