import type { Digest } from "../base/digest.ts";

/**
 * Layers unpacked (committed snapshots, named by chain ID) and the writable trees of containers above them (active
 * snapshots, named by key). Below the data root: `layers/<chain hex>/{diff,meta}`, `containers-rw/<key>/{upper,work}`.
 * Lifecycle: `unpack` publishes a layer whole or not at all; `prepare` makes an active snapshot; `mount` shows it at a path.
 */
export interface Snapshotter {
  /** What `info` calls the storage driver: `overlay2` for overlayfs, as Docker says it. */
  readonly driver: string;
  readonly status: readonly (readonly [string, string])[];

  /** Bytes of an unpacked layer, or undefined when it is not there. */
  layerSize(chainId: Digest): Promise<number | undefined>;

  /**
   * Unpacks one layer in a worker: inflates, checks the diffID, writes with owners, modes, times, links, xattrs, devices;
   * syncs the file system, then renames into place. Idempotent: one that exists is left alone. Layers of one image may be
   * unpacked at the same time. What a layer may not do (climb out, follow a link out) is refused, and nothing of it stays.
   * @throws EngineError InvalidParameter for a layer that is malformed, hostile or too large; DataLoss when its bytes have another diffID.
   */
  unpack(
    layer: LayerSource,
    signal?: AbortSignal,
    onProgress?: (bytesRead: number) => void,
  ): Promise<{ readonly size: number; readonly diffId: Digest }>;

  /** Idempotent. The caller knows that no snapshot is above it. */
  removeLayer(chainId: Digest): Promise<void>;

  /** Makes the writable tree `key` above the layers `chain` (bottom first). Idempotent. */
  prepare(key: string, chain: readonly Digest[]): Promise<void>;
  /** Mounts `key` at `target` (made when missing). Synchronous and quick: it is on the start path. Idempotent. */
  mount(key: string, target: string): void;
  /** Idempotent. */
  unmount(target: string): Promise<void>;
  /** Removes the writable tree: renamed away at once, swept in the background. Idempotent. */
  remove(key: string): Promise<void>;
  /** Where the parts of `key` lie, under the names that Docker's inspect gives them; empty when it is not there. */
  describe(key: string): Readonly<Record<string, string>>;
  /** Bytes and inodes of the writable tree alone. */
  usage(key: string, signal?: AbortSignal): Promise<{ readonly bytes: number; readonly inodes: number }>;

  /** Removes what no record names, and what a crash left half made. Run at start. */
  sweep(known: { readonly layers: ReadonlySet<Digest>; readonly keys: ReadonlySet<string> }): Promise<void>;
}

export interface LayerSource {
  readonly chainId: Digest;
  readonly parent?: Digest;
  /** Undefined for an import, whose diffID is what the worker finds. */
  readonly diffId?: Digest;
  /** A file of tar, tar+gzip or tar+zstd; what it is, is read from its first bytes. */
  readonly path: string;
  /** Where in the file it begins and how long it is, for a layer inside an archive. */
  readonly offset?: number;
  readonly length?: number;
}
