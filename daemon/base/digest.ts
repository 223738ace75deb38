import { createHash } from "node:crypto";
import { EngineError } from "./errors.ts";

/** A content digest (image-spec, descriptor.md#digests). Only sha256 is accepted; the hex part has 64 lower-case digits. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[a-f0-9]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** @throws EngineError InvalidParameter when `text` is no sha256 digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text))
    throw new EngineError("InvalidParameter", `invalid digest: ${JSON.stringify(text.slice(0, 100))}`);
  return text;
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
