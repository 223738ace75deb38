/** The `local` driver: a directory a volume, `volumes/<name>/_data` below the data root. */
export interface VolumeDriver {
  readonly name: "local";
  /** Idempotent. Returns the mountpoint. */
  create(name: string): Promise<string>;
  mountpoint(name: string): string;
  /** Renamed away at once, swept in the background. Idempotent. */
  remove(name: string): Promise<void>;
  /** True when nothing was put into it yet, so image content may be copied up. */
  isEmpty(name: string): Promise<boolean>;
  /** Copies a directory of a container's root (rooted resolution) with owners, modes, xattrs and times. */
  copyUp(name: string, rootfs: string, path: string, signal?: AbortSignal): Promise<void>;
  /** Bytes. */
  usage(name: string, signal?: AbortSignal): Promise<number>;
  sweep(known: ReadonlySet<string>): Promise<void>;
}
