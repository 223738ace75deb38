import { EngineError, kindOf, messageOf } from "../base/errors.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import { parseMountOptions } from "../linux/mount-options.ts";
import { isMounted, mountFileSystem, unmount } from "../linux/mounts.ts";
import type { Trees } from "../linux/trees.ts";
import { type LocalOptions, isMountedKind } from "./local-options.ts";
import { withAddresses } from "./network-address.ts";

/** A volume as something to be mounted. */
export interface MountedVolume {
  readonly name: string;
  readonly mountpoint: string;
  readonly options: LocalOptions;
}

/** Quick by their nature, and so done at once; anything else may wait for a disk or a network. */
const LOCAL_TYPES: ReadonlySet<string> = new Set(["tmpfs", "none", "bind", ""]);

/**
 * Who holds which volume. Mounted with its first holder, unmounted after its last. The mounts outlive the daemon: a new one is told by
 * `adopt` who holds them. Volumes that are plain directories pass through untouched.
 */
export class VolumeMounts {
  readonly #trees: Trees;
  readonly #holders = new Map<string, Set<string>>();
  readonly #locks = new KeyedLock();

  constructor(trees: Trees) {
    this.#trees = trees;
  }

  /** Idempotent for a holder. @throws EngineError InvalidParameter, Unavailable: in Docker's words. */
  async hold(volume: MountedVolume, holder: string, signal?: AbortSignal): Promise<void> {
    if (!isMountedKind(volume.options)) return;
    using _ = await this.#locks.acquire(volume.name, signal);
    // Before the mount: a sweep takes off what nobody holds.
    this.adopt(volume.name, holder);
    try {
      // A mount that a crash has left will do, as that of those who hold it.
      if (!isMounted(volume.mountpoint)) await this.#mount(volume, signal);
    } catch (error) {
      this.#drop(volume.name, holder);
      throw error;
    }
  }

  /** Notes a holder of what is mounted. */
  adopt(name: string, holder: string): void {
    const holders = this.#holders.get(name) ?? new Set();
    this.#holders.set(name, holders.add(holder));
  }

  /** Idempotent. */
  async release(volume: MountedVolume, holder: string): Promise<void> {
    if (!isMountedKind(volume.options)) return;
    using _ = await this.#locks.acquire(volume.name);
    this.#drop(volume.name, holder);
    if (!this.isHeld(volume.name)) unmountAll(volume.mountpoint);
  }

  #drop(name: string, holder: string): void {
    const holders = this.#holders.get(name);
    holders?.delete(holder);
    if (holders?.size === 0) this.#holders.delete(name);
  }

  isHeld(name: string): boolean {
    return this.#holders.has(name);
  }

  async #mount({ mountpoint: target, options }: MountedVolume, signal?: AbortSignal): Promise<void> {
    try {
      const { device, o } = await withAddresses(options, signal);
      const type = options["type"] ?? "";
      const mount = { device, target, type, options: parseMountOptions(o) };
      if (LOCAL_TYPES.has(type)) mountFileSystem(mount);
      else await this.#trees.mount(mount, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const words = messageOf(error).startsWith("mount ") ? "failed to mount local volume: " : "";
      throw new EngineError(kindOf(error), `error while mounting volume '${target}': ${words}${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** Everything that is stacked at `target`: what lies below a mount is never taken for the volume's own. */
export function unmountAll(target: string): void {
  while (unmount(target));
}
