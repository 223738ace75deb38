import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { demux, stdioParts, type DemuxedOutput } from "../../transport/demux.ts";
import type { Hijacked } from "../../transport/hijack.ts";
import type { StdioPart } from "../../transport/stdio-frames.ts";

/**
 * The stdio of a container or an exec over one connection. Its output is read once, in one of three forms. It ends when the process does,
 * or when the engine detached us (detach keys). Closing it leaves the process alone.
 */
export class AttachedStream implements Disposable {
  /**
   * Standard input. `end()` closes it for the process and leaves the output open; `write` has back-pressure from the process.
   * It closes with the connection, without an error: the output tells how the process ended. What is written later is dropped.
   */
  readonly stdin: Writable;
  readonly #socket: Socket;

  constructor({ socket }: Hijacked) {
    this.#socket = socket;
    this.stdin = inputOf(socket);
    // The engine ends its direction when the process has ended: then nobody reads what we still have.
    socket.once("end", () => socket.destroy());
  }

  /** As it comes: what a terminal shows, or Docker's stdio frames where there is no TTY. */
  raw(): AsyncIterable<Uint8Array> {
    return this.#socket;
  }

  /** Pieces of both outputs in the order of their arrival. A TTY has stdout only. */
  async *parts(options: { readonly tty: boolean }): AsyncGenerator<StdioPart, void, undefined> {
    if (!options.tty) return yield* stdioParts(this.#socket);
    for await (const bytes of this.#socket as AsyncIterable<Uint8Array>) yield { stream: "stdout", bytes };
  }

  /** Both outputs as streams of their own. */
  demux(options: { readonly tty: boolean }): DemuxedOutput {
    return demux(this.#socket, options);
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Apart from the socket, whose destruction by a failed pipeline would cut the output off. */
function inputOf(socket: Socket): Writable {
  const gone = (): boolean => socket.destroyed || !socket.writable;
  const input = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (gone()) {
        // At once: a source that always has more would not let the event below come through.
        this.destroy();
        return done();
      }
      if (socket.write(chunk)) return done();
      const go = (): void => {
        socket.off("drain", go).off("close", go);
        done();
      };
      socket.once("drain", go).once("close", go);
    },
    final(done) {
      if (!gone()) socket.end();
      done();
    },
  });
  // So that a pipeline from a source without end ends.
  socket.once("close", () => input.destroy());
  return input;
}
