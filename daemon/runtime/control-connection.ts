import type { Duplex } from "node:stream";
import { abortable } from "../base/keyed-lock.ts";
import { EngineError } from "../base/errors.ts";
import { encodeFrame, FrameParser, type Field, type Frame } from "./frame.ts";
import { Kind } from "./protocol.ts";
import { checked } from "./shim-error.ts";

/**
 * Questions and answers with a shim, and its events, over one connection. It closes when either side goes away; `closed`
 * settles then, and every question that is open fails with Unavailable.
 */
export class ControlConnection {
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #waiting = new Map<number, PromiseWithResolvers<Frame>>();
  #seq = 0;

  constructor(socket: Duplex, onEvent: (frame: Frame) => void) {
    this.#socket = socket;
    const parser = new FrameParser();
    socket.on("data", (bytes: Buffer) => {
      for (const frame of parser.push(bytes)) {
        if (frame.kind !== Kind.ok && frame.kind !== Kind.error) onEvent(frame);
        else this.#waiting.get(frame.seq)?.resolve(frame);
      }
    });
    // Its reason is of no use: "close" follows, and what became of the shim is found out there.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const { reject } of this.#waiting.values()) reject(new EngineError("Unavailable", "the shim went away"));
        resolve();
      });
    });
  }

  /** @throws ShimError with the shim's refusal; EngineError Unavailable when it went away. */
  async request(kind: number, fields: readonly Field[], signal?: AbortSignal): Promise<Frame> {
    if (this.#socket.destroyed) throw new EngineError("Unavailable", "the shim went away");
    const seq = (this.#seq = (this.#seq + 1) & 0xffff);
    const answer = Promise.withResolvers<Frame>();
    this.#waiting.set(seq, answer);
    try {
      this.#socket.write(encodeFrame(kind, seq, fields));
      return checked(await abortable(answer.promise, signal));
    } finally {
      this.#waiting.delete(seq);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
