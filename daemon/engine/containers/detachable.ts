import { Duplex } from "node:stream";
import { createDetachDetector } from "../../oci/detach-keys.ts";

/**
 * Watches what the client types for the detach keys; at them the stream ends for the client, and the container goes on.
 * Output is passed through untouched.
 */
export function detachable(inner: Duplex, keys: Uint8Array, onDetach: () => void): Duplex {
  if (keys.length === 0) return inner;
  const detector = createDetachDetector(keys);
  const outer = new Duplex({
    allowHalfOpen: true,
    read: () => void pull(),
    write(chunk: Buffer, _encoding, done) {
      const { forward, detached } = detector(chunk);
      if (forward.length > 0 && !inner.destroyed) inner.write(forward, () => finish());
      else finish();
      function finish(): void {
        if (detached) detach();
        done();
      }
    },
    final(done) {
      if (inner.destroyed) done();
      else inner.end(() => done());
    },
    destroy(error, done) {
      inner.destroy();
      done(error);
    },
  });
  inner.on("readable", () => pull());
  inner.once("end", () => outer.push(null));
  inner.once("error", (error) => outer.destroy(error));
  inner.once("close", () => {
    if (!inner.readableEnded) outer.push(null);
  });
  return outer;

  function pull(): void {
    for (let chunk = inner.read() as Buffer | null; chunk !== null; chunk = inner.read() as Buffer | null) {
      if (!outer.push(chunk)) return;
    }
  }

  function detach(): void {
    onDetach();
    outer.push(null);
    inner.destroy();
  }
}
