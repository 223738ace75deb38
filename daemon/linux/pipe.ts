import { check, libc } from "./libc.ts";
import { OPEN } from "./open-flags.ts";

const pipe2 = libc.func("int pipe2(void *ends, int flags)") as (ends: Uint8Array, flags: number) => number;

/** A pipe between two threads of this process: bytes with the kernel's own back-pressure. The caller closes both ends. */
export function createPipe(): { readonly reader: number; readonly writer: number } {
  const ends = Buffer.alloc(8);
  check("pipe2", pipe2(ends, OPEN.cloexec));
  return { reader: ends.readInt32LE(0), writer: ends.readInt32LE(4) };
}
