import { Duplex } from "node:stream";

/**
 * The client's side of an attach to a container that has no process yet. What the client writes waits (back-pressure: one
 * chunk at most); once `connect` gives the task's stream, bytes flow both ways and half-closes pass through.
 */
export class DeferredStream extends Duplex {
  #inner: Duplex | undefined;
  #held: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true, autoDestroy: true });
  }

  connect(inner: Duplex): void {
    if (this.destroyed) {
      inner.destroy();
      return;
    }
    this.#inner = inner;
    inner.on("readable", () => this.#pull());
    inner.once("end", () => this.push(null));
    inner.once("error", (error) => this.destroy(error));
    inner.once("close", () => {
      if (!inner.readableEnded) this.push(null);
    });
    this.#held?.();
    this.#held = undefined;
    this.#pull();
  }

  override _read(): void {
    this.#pull();
  }

  #pull(): void {
    const inner = this.#inner;
    if (inner === undefined) return;
    for (let chunk = inner.read() as Buffer | null; chunk !== null; chunk = inner.read() as Buffer | null) {
      if (!this.push(chunk)) return;
    }
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#inner === undefined) this.#held = () => this._write(chunk, encoding, done);
    else if (this.#inner.destroyed || this.#inner.writableEnded) done();
    else this.#inner.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#inner === undefined) this.#held = () => this._final(done);
    else this.#inner.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    this.#held = undefined;
    done(error);
  }
}
