import { EngineError, kindOf, messageOf } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import type { VolumeDriver } from "../../volumes/volume-driver.ts";
import type { EventBus } from "../events.ts";
import { RootFiles, type RootFilesDeps } from "../files/root-files.ts";
import type { Container, MountSpec, ResolvedMount } from "../model/container.ts";
import type { Image } from "../model/image.ts";
import type { Files, Filters, Volume, Volumes } from "../services.ts";
import { pruneFilter, volumeFilter } from "./filters.ts";
import { resolveMounts, resolvedVolume } from "./resolved-mounts.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const NAME_MAX = 255;

type VolumeMount = Extract<MountSpec, { type: "volume" }>;

export interface VolumeDeps {
  readonly metadata: Metadata;
  readonly driver: VolumeDriver;
  readonly events: EventBus;
  /** Every container, to know who uses a volume. */
  readonly containers: () => readonly Container[];
  readonly files: RootFilesDeps;
}

/** Volumes: records, who uses them, and what containers need of them at create. */
export class VolumeStore implements Volumes {
  readonly #deps: VolumeDeps;
  readonly #rows: Collection<Volume>;
  readonly #locks = new KeyedLock();
  /** Volumes that a create in flight has taken but no record names yet. */
  readonly #held = new Map<string, number>();

  constructor(deps: VolumeDeps) {
    this.#deps = deps;
    this.#rows = deps.metadata.collection<Volume>("volumes");
  }

  async create(options: Parameters<Volumes["create"]>[0]): Promise<Volume> {
    return await this.#create(options, options.name === undefined || options.name === "");
  }

  async #create(options: Parameters<Volumes["create"]>[0], anonymous: boolean): Promise<Volume> {
    const { driver = "local", driverOpts = {}, labels = {} } = options;
    const name = anonymous ? newId() : (options.name ?? "");
    if (driver !== "" && driver !== "local")
      throw new EngineError(
        "NotFound",
        `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
      );
    checkVolumeName(name);
    using _ = await this.#locks.acquire(name);
    const known = this.#rows.find(name);
    if (known !== undefined) return known;
    this.#checkOptions(name, driverOpts);
    const volume: Volume = {
      name,
      driver: "local",
      mountpoint: await this.#deps.driver.create(name, driverOpts),
      createdAt: nowRfc3339(),
      labels: anonymous ? { "com.docker.volume.anonymous": "", ...labels } : labels,
      options: driverOpts,
      anonymous,
    };
    this.#rows.put(name, volume);
    this.#publish("create", name, { driver: "local" });
    return volume;
  }

  #checkOptions(name: string, options: Readonly<Record<string, string>>): void {
    try {
      this.#deps.driver.check(options);
    } catch (error) {
      throw new EngineError(kindOf(error), `create ${name}: ${messageOf(error)}`, { cause: error });
    }
  }

  get(name: string): Volume {
    const volume = this.#rows.find(name);
    if (volume === undefined) throw new EngineError("NotFound", `get ${name}: no such volume`);
    return volume;
  }

  list(filters: Filters): readonly Volume[] {
    const matches = volumeFilter(filters, (name) => this.usersOf(name).length > 0);
    return [...this.#rows.all()].filter(matches).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Ids of the containers, of any state, that mount it. */
  usersOf(name: string): readonly string[] {
    return this.#deps
      .containers()
      .flatMap(({ id, mounts }) =>
        mounts.some((mount) => mount.type === "volume" && mount.name === name) ? [id] : [],
      );
  }

  async remove(name: string, force: boolean): Promise<void> {
    using _ = await this.#locks.acquire(name);
    if (this.#rows.find(name) === undefined) {
      if (force) return;
      throw new EngineError("NotFound", `get ${name}: no such volume`);
    }
    if (this.#isTaken(name)) {
      throw new EngineError("Conflict", `remove ${name}: volume is in use - [${this.usersOf(name).join(", ")}]`);
    }
    // Record first, directory last: a crash between them leaves an orphan that the next start sweeps.
    this.#rows.delete(name);
    await this.#deps.driver.remove(name);
    this.#publish("destroy", name, { driver: "local" });
  }

  #isTaken(name: string): boolean {
    return this.usersOf(name).length > 0 || this.#held.has(name);
  }

  /** @returns false when somebody has taken it meanwhile. */
  async #removedUnused(name: string): Promise<boolean> {
    try {
      await this.remove(name, true);
      return true;
    } catch (error) {
      if (kindOf(error) !== "Conflict") throw error;
      return false;
    }
  }

  async prune(filters: Filters): Promise<{ readonly deleted: readonly string[]; readonly spaceReclaimed: number }> {
    const chosen = pruneFilter(filters);
    const deleted: string[] = [];
    let spaceReclaimed = 0;
    for (const volume of [...this.#rows.all()]) {
      if (!chosen(volume) || this.#isTaken(volume.name)) continue;
      const size = await this.#deps.driver.usage(volume.name);
      if (!(await this.#removedUnused(volume.name))) continue;
      spaceReclaimed += size;
      deleted.push(volume.name);
    }
    this.#deps.events.publish({
      type: "volume",
      action: "prune",
      actor: "",
      attributes: { reclaimed: String(spaceReclaimed) },
    });
    return { deleted, spaceReclaimed };
  }

  async usage(name: string, signal?: AbortSignal): Promise<{ readonly size: number; readonly refCount: number }> {
    return { size: await this.#deps.driver.usage(name, signal), refCount: this.usersOf(name).length };
  }

  async openFiles(name: string, signal?: AbortSignal): Promise<Files> {
    const { driver, files } = this.#deps;
    const { options, mountpoint } = this.get(name);
    const holder = newId();
    await driver.hold(name, options, holder, signal);
    const release = (): Promise<void> => driver.release(name, options, holder);
    try {
      return new RootFiles(mountpoint, files, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** See `resolveMounts`. */
  resolve(mounts: readonly MountSpec[], image: (ref: string) => Image): Promise<readonly ResolvedMount[]> {
    return resolveMounts(mounts, image);
  }

  /** Makes or finds the volumes of a container and keeps them from being removed until `undo` or the record takes over. */
  async acquireFor(
    wishes: readonly { readonly spec: VolumeMount }[],
    undo: AsyncDisposableStack,
  ): Promise<readonly { readonly spec: VolumeMount; readonly mount: ResolvedMount }[]> {
    const acquired = [];
    for (const { spec } of wishes) {
      const anonymous = spec.name === "";
      const volume = await this.#create(
        { name: spec.name, driver: spec.driver, driverOpts: spec.driverOpts, labels: spec.labels },
        anonymous,
      );
      this.#held.set(volume.name, (this.#held.get(volume.name) ?? 0) + 1);
      // Either way the hold ends; an anonymous one that no record came to name goes with it.
      undo.defer(async () => {
        this.#release(volume.name);
        if (anonymous) await this.remove(volume.name, true);
      });
      acquired.push({ spec, mount: resolvedVolume(spec, volume, anonymous || spec.anonymous === true) });
    }
    return acquired;
  }

  #release(name: string): void {
    const count = (this.#held.get(name) ?? 1) - 1;
    if (count > 0) this.#held.set(name, count);
    else this.#held.delete(name);
  }

  /** The record of the container holds them from now on. */
  released(mounts: readonly ResolvedMount[]): void {
    for (const mount of mounts) if (mount.type === "volume" && mount.name !== undefined) this.#release(mount.name);
  }

  /** Fills an empty volume with what the image has at `target`. Two creates at once fill it once. */
  async copyUp(name: string, rootfs: string, target: string): Promise<void> {
    const { driver } = this.#deps;
    const { options } = this.get(name);
    const holder = newId();
    using _ = await this.#locks.acquire(name);
    await driver.hold(name, options, holder);
    try {
      if (await driver.isEmpty(name)) await driver.copyUp(name, rootfs, target);
    } finally {
      await driver.release(name, options, holder);
    }
  }

  /** A start: those with options are mounted, until `release`. @throws EngineError "error while mounting volume …". */
  async hold(container: Container, signal?: AbortSignal): Promise<void> {
    for (const { name, options } of this.#withOptions(container))
      await this.#deps.driver.hold(name, options, container.id, signal);
  }

  /** The end of a run. Idempotent. */
  async release(container: Container): Promise<void> {
    for (const { name, options } of this.#withOptions(container))
      await this.#deps.driver.release(name, options, container.id);
  }

  /** Containers that were running before this daemon, before any of them is looked at closer. */
  restore(containers: readonly Container[]): void {
    for (const container of containers)
      for (const { name } of this.#withOptions(container)) this.#deps.driver.adopt(name, container.id);
  }

  /** All that hold volumes from before this daemon are known: what is still mounted was left by a crash. */
  async settle(): Promise<void> {
    await this.#deps.driver.settle();
  }

  #withOptions({ mounts }: Container): readonly Volume[] {
    return mounts.flatMap(({ type, name }) => {
      const volume = type === "volume" && name !== undefined ? this.#rows.find(name) : undefined;
      return volume === undefined || Object.keys(volume.options).length === 0 ? [] : [volume];
    });
  }

  /** After the container's record is gone. A volume that another container has taken up stays. */
  async removeAnonymousOf(container: Container): Promise<void> {
    for (const { type, name, anonymous } of container.mounts) {
      if (type !== "volume" || !anonymous || name === undefined || this.usersOf(name).length > 0) continue;
      await this.remove(name, true);
    }
  }

  /** Options of every volume, by name. */
  known(): ReadonlyMap<string, Volume["options"]> {
    return new Map([...this.#rows.all()].map(({ name, options }) => [name, options]));
  }

  #publish(action: string, name: string, attributes: Readonly<Record<string, string>>): void {
    this.#deps.events.publish({ type: "volume", action, actor: name, attributes });
  }
}

function checkVolumeName(name: string): void {
  if (NAME.test(name) && name.length <= NAME_MAX) return;
  const short = "volume name is too short, names should be at least two alphanumeric characters";
  const characters = `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
  const long = `volume name is longer than ${NAME_MAX} characters`;
  const words = name.length < 2 ? short : name.length > NAME_MAX ? long : characters;
  throw new EngineError("InvalidParameter", `create ${name}: ${words}`);
}
