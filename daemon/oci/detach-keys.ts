import { EngineError } from "../base/errors.ts";

/** Docker's default: ctrl-p, ctrl-q. */
export const DETACH_DEFAULT = "ctrl-p,ctrl-q";

const CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/** The bytes of `ctrl-p,q`-like notation. @throws EngineError InvalidParameter. */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === "") return new Uint8Array();
  return Uint8Array.from(text.split(","), (key) => {
    if (key.length === 1 && key.charCodeAt(0) < 0x80) return key.charCodeAt(0);
    const control = key.startsWith("ctrl-") ? CONTROL.indexOf(key.slice(5).toLowerCase()) : -1;
    if (key.length !== 6 || control < 0)
      throw new EngineError("InvalidParameter", `invalid detach keys (${text}) provided`);
    return control;
  });
}

export interface DetachResult {
  /** What is meant for the process. */
  readonly forward: Buffer;
  readonly detached: boolean;
}

/**
 * Watches a stream of typed bytes for the keys. A beginning of them is held back until it is known to be none; what comes
 * after them in the same chunk is dropped, since nobody is attached any more.
 */
export function createDetachDetector(keys: Uint8Array): (chunk: Uint8Array) => DetachResult {
  let matched = 0;
  return (chunk) => {
    // A pasted megabyte has none of the keys: it goes through as it came.
    if (keys.length === 0 || (matched === 0 && !chunk.includes(keys[0] ?? 0)))
      return { forward: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), detached: false };
    // Held keys come from earlier chunks, so the result can be longer than the chunk.
    const forward = Buffer.alloc(chunk.length + matched);
    let length = 0;
    for (const byte of chunk) {
      while (matched > 0 && byte !== keys[matched]) {
        const overlap = overlapOf(keys.subarray(0, matched));
        for (const held of keys.subarray(0, matched - overlap)) forward[length++] = held;
        matched = overlap;
      }
      if (byte === keys[matched]) matched++;
      else forward[length++] = byte;
      if (matched === keys.length) return { forward: forward.subarray(0, length), detached: true };
    }
    return { forward: forward.subarray(0, length), detached: false };
  };
}

/** Length of the longest end of `held`, short of all of it, that begins it as well: `aa` typed before `ab` can still lead to it. */
function overlapOf(held: Uint8Array): number {
  for (let length = held.length - 1; length > 0; length--)
    if (held.subarray(-length).every((byte, index) => byte === held[index])) return length;
  return 0;
}
