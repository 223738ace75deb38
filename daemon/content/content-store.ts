import type { Readable } from "node:stream";
import type { Digest } from "../base/digest.ts";

/**
 * Content-addressed blobs (image-spec, descriptor.md): `blobs/sha256/…` below the data root.
 * Lifecycle: `writer()` opens an ingest, `commit()` verifies and publishes it (fsync, rename, fsync of the directory). An
 * ingest is invisible to the readers until committed, and a committed blob never changes.
 */
export interface ContentStore {
  /** @throws EngineError NotFound when no blob has this digest. */
  open(digest: Digest): Promise<BlobReader>;
  /** Bytes, or undefined when there is no such blob. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * A whole small blob (a manifest, a config), verified again while read.
   * @throws EngineError NotFound; InvalidParameter when it is larger than `limit` bytes; DataLoss when it does not match.
   */
  read(digest: Digest, limit: number): Promise<Buffer>;
  /** Stores a small blob in one call. Idempotent. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** One writer a `ref` at a time. Disposing an uncommitted writer keeps its bytes, so the same `ref` resumes. */
  writer(ref: string): Promise<BlobWriter>;
  /** Idempotent: resolving means "not in the store", not "this call removed it". */
  delete(digest: Digest): Promise<void>;
  /** Every blob, in no order. */
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }>;
  /** Drops ingests that no writer holds. Run at start and by prune. */
  sweepIngests(): Promise<void>;
}

export interface BlobReader extends AsyncDisposable {
  readonly digest: Digest;
  readonly size: number;
  /** For workers that read it themselves; valid while the reader is open. */
  readonly path: string;
  stream(signal?: AbortSignal): Readable;
}

export interface BlobWriter extends AsyncDisposable {
  /** Bytes that an earlier writer of this `ref` left. */
  readonly offset: number;
  /** Appends; resolves when the bytes are with the kernel, so awaiting it is the back-pressure. */
  write(chunk: Uint8Array): Promise<void>;
  /** Forgets what was written. */
  truncate(): Promise<void>;
  /**
   * Verifies size and digest, syncs and publishes. Idempotent when the blob exists already.
   * @throws EngineError DataLoss when the bytes are not those of `expected`; the ingest is then dropped.
   */
  commit(expected?: {
    readonly digest?: Digest;
    readonly size?: number;
  }): Promise<{ readonly digest: Digest; readonly size: number }>;
}
