import { EngineError } from "../base/errors.ts";

/** Docker's default: ctrl-p, ctrl-q. */
export const DETACH_DEFAULT = "ctrl-p,ctrl-q";

const CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/** The bytes of `ctrl-p,q`-like notation. @throws EngineError InvalidParameter. */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === "") return new Uint8Array();
  return Uint8Array.from(text.split(","), (key) => {
    if (key.length === 1) return key.charCodeAt(0);
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

/** Watches a stream of typed bytes for the keys. A beginning of them is held back until it is known to be none. */
export function createDetachDetector(keys: Uint8Array): (chunk: Uint8Array) => DetachResult {
  let matched = 0;
  return (chunk) => {
    // A pasted megabyte has none of the keys: it goes through as it came.
    if (matched === 0 && chunk.indexOf(keys[0] ?? 0) < 0)
      return { forward: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), detached: false };
    const forward: number[] = [];
    for (const byte of chunk) {
      if (byte === keys[matched]) {
        matched++;
        if (matched === keys.length) return { forward: Buffer.from(forward), detached: true };
        continue;
      }
      forward.push(...keys.subarray(0, matched));
      matched = byte === keys[0] ? 1 : 0;
      if (matched === 0) forward.push(byte);
    }
    return { forward: Buffer.from(forward), detached: false };
  };
}
