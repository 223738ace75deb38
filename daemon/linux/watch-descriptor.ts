import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { check, libc } from "./libc.ts";

const O_CLOEXEC = 0o2000000;
const pipe2 = libc.func("int pipe2(void *ends, int flags)") as (ends: Uint8Array, flags: number) => number;
const dup3 = libc.func("int dup3(int from, int to, int flags)") as (from: number, to: number, flags: number) => number;

export interface DescriptorWatcher {
  readonly onData: (bytes: Buffer) => void;
  /** It is watched no more after this. */
  readonly onError: (error: Error) => void;
}

/**
 * Reads from a descriptor of a kind that Node has no class for, by its event loop: nothing polls, and no thread waits. Does not
 * keep the process alive.
 *
 * A stream is made over a pipe, which Node knows; then the pipe's descriptor is made one of the other file, before the
 * event loop has asked the kernel to watch it.
 * @param fd not blocking; the caller's to close.
 */
export function watchDescriptor(fd: number, { onData, onError }: DescriptorWatcher): Disposable {
  const ends = Buffer.alloc(8);
  check("pipe2", pipe2(ends, O_CLOEXEC));
  const [reading, writing] = [ends.readInt32LE(0), ends.readInt32LE(4)];
  const stream = new Socket({ fd: reading, readable: true, writable: false });
  const result = dup3(fd, reading, O_CLOEXEC);
  closeSync(writing);
  if (result < 0) stream.destroy();
  check("dup3", result);
  stream.on("data", onData).on("error", onError).unref();
  return { [Symbol.dispose]: () => void stream.removeAllListeners("data").destroy() };
}
