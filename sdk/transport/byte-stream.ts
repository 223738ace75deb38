import { Readable } from "node:stream";
import { ByteChannel } from "./byte-channel.ts";

/**
 * Output of a process: bytes to read once, as an async iterable, a Web stream, lines or one text.
 *
 * It has back-pressure: a process whose output nobody reads stops when its buffers (256 KiB here) are full, and with it the other
 * of its two outputs, for both come over one connection. Say so with `cancel()` when you want none of it.
 *
 * @example
 * for await (const chunk of process.stdout) file.write(chunk);
 */
export class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #channel: ByteChannel;

  constructor(channel: ByteChannel) {
    this.#channel = channel;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = await this.#channel.read();
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      // Reached early by `break` in a for await.
      this.#channel.cancel();
    }
  }

  /** Wants no more: what comes is thrown away, so that the process is not held up. */
  cancel(): void {
    this.#channel.cancel();
  }

  /** The same bytes as a Web stream. */
  web(): ReadableStream<Uint8Array> {
    const channel = this.#channel;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const chunk = await channel.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => channel.cancel(),
    });
  }

  /** The same bytes as a Node stream. */
  node(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** UTF-8 lines without their ends (`\n` or `\r\n`). */
  async *lines(): AsyncGenerator<string, void, undefined> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    rest += decoder.decode();
    if (rest !== "") yield rest;
  }

  /** All of it, as one buffer: for output that is known to be small. */
  async bytes(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** All of it, as UTF-8. */
  async text(): Promise<string> {
    return (await this.bytes()).toString("utf8");
  }
}
