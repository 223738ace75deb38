import { mkdirSync, statSync } from "node:fs";
import { chmod, mkdir, opendir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { EngineError, errnoOf } from "../base/errors.ts";
import { type Logger, silent } from "../base/logger.ts";
import { diskError } from "../linux/disk-error.ts";
import { isMounted } from "../linux/mounts.ts";
import { Trash } from "../linux/trash.ts";
import { Trees } from "../linux/trees.ts";
import { type LocalOptions, checkLocalOptions, sizeOf } from "./local-options.ts";
import type { VolumeDriver } from "./volume-driver.ts";
import { VolumeMounts, unmountAll } from "./volume-mounts.ts";
import { VolumeQuotas } from "./volume-quotas.ts";
import { isVolumeName } from "./volume-name.ts";

/** Below a volume's own directory: what is in the volume. */
const DATA = "_data";

export interface LocalVolumesOptions {
  readonly logger?: Logger;
  readonly trees?: Trees;
}

/** Directories below `<root>/volumes`; `root` is the data root. Disposing waits for removals in the background. */
export function createLocalVolumes(root: string, options: LocalVolumesOptions = {}): VolumeDriver & AsyncDisposable {
  return new LocalVolumes(root, options);
}

class LocalVolumes implements VolumeDriver, AsyncDisposable {
  readonly name = "local";
  readonly #folder: string;
  readonly #trees: Trees;
  readonly #trash: Trash;
  readonly #mounts: VolumeMounts;
  readonly #quotas: VolumeQuotas;

  constructor(root: string, { logger = silent, trees = new Trees() }: LocalVolumesOptions) {
    this.#folder = join(root, "volumes");
    // A container's processes reach their volumes by a mount of their own, and need no way through the data root.
    mkdirSync(this.#folder, { recursive: true, mode: 0o701 });
    this.#trees = trees;
    this.#mounts = new VolumeMounts(trees);
    this.#quotas = new VolumeQuotas(this.#folder);
    this.#trash = new Trash({ folder: join(root, "trash", "volumes"), trees, logger });
  }

  check(options: LocalOptions): void {
    checkLocalOptions(options, this.#quotas.available);
  }

  /** A crash on the way leaves a directory that no record names, which the next start sweeps. */
  async create(name: string, options: LocalOptions = {}): Promise<string> {
    const mountpoint = this.mountpoint(name);
    if (exists(mountpoint)) return mountpoint;
    try {
      await mkdir(this.#path(name), { recursive: true, mode: 0o755 });
      this.#quotas.limit(name, sizeOf(options));
      await mkdir(mountpoint, { recursive: true, mode: 0o755 });
      await chmod(mountpoint, 0o755); // whatever the umask is
    } catch (error) {
      throw diskError(`create volume ${name}`, error);
    }
    return mountpoint;
  }

  mountpoint(name: string): string {
    return join(this.#path(name), DATA);
  }

  async hold(name: string, options: LocalOptions, holder: string, signal?: AbortSignal): Promise<void> {
    await this.#mounts.hold({ name, mountpoint: this.mountpoint(name), options }, holder, signal);
  }

  adopt(name: string, holder: string): void {
    this.#mounts.adopt(name, holder);
  }

  async release(name: string, options: LocalOptions, holder: string): Promise<void> {
    await this.#mounts.release({ name, mountpoint: this.mountpoint(name), options }, holder);
  }

  async remove(name: string): Promise<void> {
    this.#takeAway(this.#path(name));
  }

  /** What is mounted in it is somebody else's, and is not thrown away with it. */
  #takeAway(path: string): void {
    unmountAll(join(path, DATA));
    this.#trash.take(path);
  }

  /** One whose first filling was interrupted counts as empty: `copyUp` adds what is missing and changes nothing else. */
  async isEmpty(name: string): Promise<boolean> {
    if (exists(this.#staging(name))) return true;
    try {
      const directory = await opendir(this.mountpoint(name));
      try {
        return (await directory.read()) === null;
      } finally {
        await directory.close();
      }
    } catch (error) {
      throw errnoOf(error) === "ENOENT" ? new EngineError("NotFound", `no such volume: ${name}`) : error;
    }
  }

  /** The staging directory stands beside the data as long as the copy is not complete, a crash included. */
  async copyUp(name: string, rootfs: string, path: string, signal?: AbortSignal): Promise<void> {
    const target = this.mountpoint(name);
    try {
      // On another file system nothing can be moved into place.
      if (isMounted(target)) return await this.#trees.copy({ rootfs, path, target, staging: undefined }, signal);
      await this.#fill(this.#staging(name), { rootfs, path, target }, signal);
    } catch (error) {
      throw diskError(`copy ${path} of the image into volume ${name}`, error);
    }
  }

  async #fill(
    staging: string,
    from: { readonly rootfs: string; readonly path: string; readonly target: string },
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#trees.remove(staging); // of one that was killed
    await mkdir(staging, { mode: 0o700 });
    await this.#trees.copy({ ...from, staging }, signal);
    await this.#trees.remove(staging);
  }

  async usage(name: string, signal?: AbortSignal): Promise<number> {
    return (await this.#trees.usage(this.mountpoint(name), signal)).bytes;
  }

  async sweep(known: ReadonlyMap<string, LocalOptions>): Promise<void> {
    await this.#trash.empty();
    for (const name of await readdir(this.#folder)) {
      if (!known.has(name)) this.#takeAway(join(this.#folder, name));
    }
    // A create does not wait for the disk: a power cut may have kept the record and lost the directory.
    for (const [name, options] of known) if (isVolumeName(name)) await this.create(name, options);
  }

  async settle(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!this.#mounts.isHeld(name)) unmountAll(join(this.#folder, name, DATA));
    }
  }

  #staging(name: string): string {
    return join(this.#path(name), "filling");
  }

  /** @throws EngineError InvalidParameter: no name becomes a path that was not checked. */
  #path(name: string): string {
    if (!isVolumeName(name))
      throw new EngineError("InvalidParameter", `${JSON.stringify(name)} is no name for a volume`);
    return join(this.#folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#trash[Symbol.asyncDispose]();
    await this.#trees[Symbol.asyncDispose]();
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
