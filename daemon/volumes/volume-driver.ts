import type { LocalOptions } from "./local-options.ts";

/**
 * The `local` driver: a directory a volume, `volumes/<name>/_data` below the data root, on which a volume with options has
 * something mounted as long as somebody holds it.
 */
export interface VolumeDriver {
  readonly name: "local";
  /** @throws EngineError InvalidParameter in Docker's words for options that a volume cannot have. */
  check(options: LocalOptions): void;
  /** Idempotent. Returns the mountpoint. With a size among the options it holds no more than that. */
  create(name: string, options?: LocalOptions): Promise<string>;
  mountpoint(name: string): string;
  /**
   * What the options name is mounted when this resolves, and stays so until the last holder has released it. Idempotent for a
   * holder. Nothing to do where there are no options.
   * @throws EngineError InvalidParameter, Unavailable: "error while mounting volume …".
   */
  hold(name: string, options: LocalOptions, holder: string, signal?: AbortSignal): Promise<void>;
  /** A holder from before a restart of the daemon, whose mount is there. */
  adopt(name: string, holder: string): void;
  /** Idempotent. */
  release(name: string, options: LocalOptions, holder: string): Promise<void>;
  /** Renamed away at once, swept in the background. Idempotent. What is mounted in it is taken off, never removed. */
  remove(name: string): Promise<void>;
  /** True when nothing was put into it yet, so image content may be copied up. */
  isEmpty(name: string): Promise<boolean>;
  /** Copies a directory of a container's root (rooted resolution) with owners, modes, xattrs and times. */
  copyUp(name: string, rootfs: string, path: string, signal?: AbortSignal): Promise<void>;
  /** Bytes. */
  usage(name: string, signal?: AbortSignal): Promise<number>;
  /** Removes what is not known. Run at start. @param known options by name */
  sweep(known: ReadonlyMap<string, LocalOptions>): Promise<void>;
  /** Takes off what is mounted and not held. Run at start, once those who hold volumes are known. */
  settle(): Promise<void>;
}
