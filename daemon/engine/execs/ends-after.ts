import { Duplex } from "node:stream";

/**
 * `inner` as it is, but for its end, which waits for `settled`: a client that sees an exec's output end asks for its exit code
 * next, and the news of that comes over another socket.
 */
export function endsAfter(inner: Duplex, settled: Promise<unknown>): Duplex {
  const outer = new Duplex({
    allowHalfOpen: true,
    read: () => void inner.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      // The process may have closed its stdin; its output goes on.
      if (!inner.writable) return done();
      inner.write(chunk, () => done());
    },
    final: (done) => {
      if (inner.writable) inner.end();
      done();
    },
    destroy: (error, done) => {
      inner.destroy();
      done(error);
    },
  });
  const end = (): void => void settled.then(() => !outer.destroyed && !outer.readableEnded && outer.push(null));
  inner.pause().on("data", (chunk: Buffer) => {
    if (!outer.push(chunk)) inner.pause();
  });
  // A stream that is cut has no end of its own.
  inner.once("end", end).once("close", () => !inner.readableEnded && end());
  return outer;
}
