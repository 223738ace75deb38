import type { Readable } from "node:stream";

/** Messages of a stream, each behind its length (RFC 1035, 4.2.2). Holds no more than one and what came with it. */
export async function* readFrames(stream: Readable): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    while (held.length - at >= 2 && held.length - at - 2 >= held.readUInt16BE(at)) {
      const end = at + 2 + held.readUInt16BE(at);
      yield held.subarray(at + 2, end);
      at = end;
    }
    held = held.subarray(at);
  }
}

export function toFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(2 + message.length);
  frame.writeUInt16BE(message.length);
  frame.set(message, 2);
  return frame;
}
