import { once } from "node:events";
import { connect } from "node:net";

/** A last chunk without trailers (RFC 9112, 7.1). */
const LAST_CHUNK = "\r\n0\r\n\r\n";
const HEAD = 1024;

/**
 * Asks for the same again and again over one connection.
 * All answers are read into one buffer: what is kept is garbage for this process, whose collection, on the processors that the
 * engine wants, would be taken for its time.
 * @returns ms from each question to the end of its answer.
 */
export async function answerTimes(socketPath: string, path: string, count: number): Promise<readonly number[]> {
  const question = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: engine\r\n\r\n`);
  const buffer = Buffer.alloc(256 * 1024);
  let answer = new Answer();
  const socket = connect({
    path: socketPath,
    onread: {
      buffer,
      callback: (length) => {
        answer.take(buffer, length);
        return true;
      },
    },
  });
  await once(socket, "connect");
  const closed = once(socket, "close").then(() => {
    throw new Error(`the connection was closed: ${path}`);
  });
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    answer = new Answer();
    const started = performance.now();
    socket.write(question);
    await Promise.race([answer.ended, closed]);
    times.push(performance.now() - started);
  }
  closed.catch(() => undefined);
  socket.destroy();
  return times;
}

/** Knows where an answer ends, and nothing else of it. */
class Answer {
  readonly ended: Promise<void>;
  readonly #end: () => void;
  /** Bytes that are to come; undefined while the head is, or where chunks tell the end. */
  #left: number | undefined;
  #hasHead = false;
  #tail = "";

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  take(bytes: Buffer, length: number): void {
    if (!this.#hasHead) {
      const head = bytes.toString("latin1", 0, Math.min(length, HEAD));
      const size = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
      if (size !== undefined) this.#left = head.indexOf("\r\n\r\n") + 4 + Number(size);
      this.#hasHead = true;
    }
    if (this.#left !== undefined) this.#left -= length;
    this.#tail = (this.#tail + bytes.toString("latin1", Math.max(0, length - LAST_CHUNK.length), length)).slice(
      -LAST_CHUNK.length,
    );
    if (this.#left === 0 || (this.#left === undefined && this.#tail === LAST_CHUNK)) this.#end();
  }
}
