/** Docker's stdio frame: the stream, three zeros, the length of what follows (big-endian). */
const HEADER = 8;
const STREAMS = { stdout: 1, stderr: 2 } as const;

export function frame(stream: "stdout" | "stderr", text: string): Buffer {
  const length = Buffer.byteLength(text);
  const framed = Buffer.allocUnsafe(HEADER + length);
  framed.writeUInt32BE(STREAMS[stream] << 24, 0);
  framed.writeUInt32BE(length, 4);
  framed.write(text, HEADER);
  return framed;
}

/** With a terminal there is one stream, and nothing to tell apart. */
export function framed(tty: boolean, stream: "stdout" | "stderr", text: string): Buffer {
  return tty ? Buffer.from(text) : frame(stream, text);
}
