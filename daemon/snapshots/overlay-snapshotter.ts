import { mkdirSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Digest } from "../base/digest.ts";
import { EngineError, errnoOf, isKind, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { WorkerPool } from "../base/worker-pool.ts";
import { isOverlayMounted, mountOverlay, unmountOverlay } from "../linux/overlay-mount.ts";
import { Trash } from "../linux/trash.ts";
import { Trees } from "../linux/trees.ts";
import { LayerStore } from "./layer-store.ts";
import type { LayerSource, Snapshotter } from "./snapshotter.ts";
import type { LayerMeta, UnpackJob } from "./unpack-job.ts";
import { WritableStore } from "./writable-store.ts";

/** A layer that inflates to more is refused. Bytes. */
const EXPANDED_MAX = 256 * 1024 ** 3;

export interface OverlaySnapshotterDeps {
  /** The data root. */
  readonly root: string;
  readonly logger: Logger;
  /** Threads that unpack at most; as many as there are processors. */
  readonly workers?: number;
  readonly unpackWorker?: URL;
  readonly expandedMax?: number;
  /** Overlay attributes in the `user.` namespace. By default where this process is in a user namespace. */
  readonly userXattr?: boolean;
  readonly trees?: Trees;
}

/** Snapshots on overlayfs. Disposing waits for removals in the background; mounts stay. */
export function createOverlaySnapshotter(deps: OverlaySnapshotterDeps): Snapshotter & AsyncDisposable {
  return new OverlaySnapshotter(deps);
}

class OverlaySnapshotter implements Snapshotter, AsyncDisposable {
  readonly driver = "overlay2";
  readonly status: readonly (readonly [string, string])[];
  readonly #expandedMax: number;
  readonly #userXattr: boolean;
  readonly #trees: Trees;
  readonly #trash: Trash;
  readonly #layers: LayerStore;
  readonly #writable: WritableStore;
  readonly #unpackers: WorkerPool<UnpackJob, LayerMeta>;

  constructor(deps: OverlaySnapshotterDeps) {
    const folder = (name: string): string => {
      mkdirSync(join(deps.root, name), { recursive: true, mode: 0o711 });
      return join(deps.root, name);
    };
    this.#expandedMax = deps.expandedMax ?? EXPANDED_MAX;
    this.#userXattr = deps.userXattr ?? inUserNamespace();
    this.#trees = deps.trees ?? new Trees();
    this.#trash = new Trash({ folder: folder("trash/snapshots"), trees: this.#trees, logger: deps.logger });
    this.#layers = new LayerStore({ folder: folder("layers"), trash: this.#trash });
    this.#writable = new WritableStore({ folder: folder("containers-rw"), layers: this.#layers, trash: this.#trash });
    this.#unpackers = new WorkerPool({
      url: deps.unpackWorker ?? new URL("./unpack-worker.ts", import.meta.url),
      size: deps.workers ?? availableParallelism(),
      name: "unpack",
    });
    this.status = statusOf(deps.root, this.#userXattr);
  }

  async layerSize(chainId: Digest): Promise<number | undefined> {
    return this.#layers.find(chainId)?.size;
  }

  async unpack(
    layer: LayerSource,
    signal?: AbortSignal,
    onProgress?: (bytesRead: number) => void,
  ): Promise<{ readonly size: number; readonly diffId: Digest }> {
    const { path, offset = 0, length, diffId } = layer;
    const job = { path, offset, length, diffId, userXattr: this.#userXattr, expandedMax: this.#expandedMax };
    const meta =
      this.#layers.find(layer.chainId) ??
      (await this.#layers.publish(layer.chainId, (target) =>
        this.#unpackers.run({ ...job, target }, signal, onProgress),
      ));
    return { size: meta.size, diffId: meta.diffId };
  }

  async removeLayer(chainId: Digest): Promise<void> {
    this.#layers.remove(chainId);
  }

  async prepare(key: string, chain: readonly Digest[]): Promise<void> {
    await this.#writable.prepare(key, chain);
  }

  mount(key: string, target: string): void {
    if (isOverlayMounted(target)) return;
    mkdirSync(target, { recursive: true, mode: 0o755 });
    // index=off: an upper directory may be mounted again above other lower ones, after the layers were pulled anew.
    const options = this.#userXattr ? ["userxattr", "index=off"] : ["index=off"];
    try {
      mountOverlay({ ...this.#writable.overlay(key), target, options });
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw new EngineError("Internal", `cannot mount ${key} at ${target}: ${messageOf(error)}`, { cause: error });
    }
  }

  async unmount(target: string): Promise<void> {
    await unmountOverlay(target);
  }

  async remove(key: string): Promise<void> {
    this.#writable.remove(key);
  }

  describe(key: string): Readonly<Record<string, string>> {
    try {
      const { lower, upper, work } = this.#writable.overlay(key);
      return { LowerDir: lower.join(":"), UpperDir: upper, WorkDir: work };
    } catch (error) {
      // It is being removed.
      if (isKind(error, "NotFound")) return {};
      throw error;
    }
  }

  async usage(key: string, signal?: AbortSignal): Promise<{ readonly bytes: number; readonly inodes: number }> {
    return await this.#trees.usage(this.#writable.upper(key), signal);
  }

  async sweep(known: { readonly layers: ReadonlySet<Digest>; readonly keys: ReadonlySet<string> }): Promise<void> {
    await this.#trash.empty();
    await this.#layers.sweep(known.layers);
    await this.#writable.sweep(known.keys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unpackers[Symbol.asyncDispose]();
    await this.#trash[Symbol.asyncDispose]();
    await this.#trees[Symbol.asyncDispose]();
  }
}

/** user_namespaces(7): the first one maps every id to itself. */
function inUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Names of file systems as Docker's info gives them; statfs(2) for the numbers. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "extfs",
  0x58465342: "xfs",
  0x01021994: "tmpfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0xf2f52010: "f2fs",
  0x794c7630: "overlayfs",
};

function statusOf(root: string, userXattr: boolean): readonly (readonly [string, string])[] {
  return [
    ["Backing Filesystem", FILE_SYSTEMS[statfsSync(root).type] ?? "<unknown>"],
    ["Supports d_type", "true"],
    ["Using metacopy", "false"],
    ["Native Overlay Diff", String(!userXattr)],
    ["userxattr", String(userXattr)],
  ];
}
