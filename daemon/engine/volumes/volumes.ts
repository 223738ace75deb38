import { mkdir, stat } from "node:fs/promises";
import { EngineError, errnoOf } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import type { VolumeDriver } from "../../volumes/volume-driver.ts";
import type { EventBus } from "../events.ts";
import type { Container, MountSpec, ResolvedMount } from "../model/container.ts";
import type { Filters, Volume, Volumes } from "../services.ts";
import { matchesLabels } from "../filters.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

type VolumeMount = Extract<MountSpec, { type: "volume" }>;

export interface VolumeDeps {
  readonly metadata: Metadata;
  readonly driver: VolumeDriver;
  readonly events: EventBus;
  /** Every container, to know who uses a volume. */
  readonly containers: () => readonly Container[];
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
    if (driver !== "" && driver !== "local")
      throw new EngineError("NotFound", `error looking up volume plugin ${driver}: plugin "${driver}" not found`);
    const [option] = Object.keys(driverOpts);
    if (option !== undefined)
      throw new EngineError("NotImplemented", `volume driver option ${JSON.stringify(option)} is not supported yet`);
    const name = anonymous ? newId() : parseVolumeName(options.name ?? "");
    using _ = await this.#locks.acquire(name);
    const known = this.#rows.find(name);
    if (known !== undefined) return known;
    const volume: Volume = {
      name,
      driver: "local",
      mountpoint: await this.#deps.driver.create(name),
      createdAt: nowRfc3339(),
      labels: anonymous ? { "com.docker.volume.anonymous": "", ...labels } : labels,
      options: {},
      anonymous,
    };
    this.#rows.put(name, volume);
    this.#publish("create", name, { driver: "local" });
    return volume;
  }

  get(name: string): Volume {
    const volume = this.#rows.find(name);
    if (volume === undefined) throw new EngineError("NotFound", `get ${name}: no such volume`);
    return volume;
  }

  list(filters: Filters): readonly Volume[] {
    const matching = [...this.#rows.all()].filter((volume) => this.#matches(volume, filters));
    return matching.sort((a, b) => a.name.localeCompare(b.name));
  }

  #matches(volume: Volume, filters: Filters): boolean {
    const any = (name: string, test: (value: string) => boolean): boolean => {
      const values = filters.get(name);
      return values === undefined || values.some(test);
    };
    const truth = (value: string): boolean => value === "true" || value === "1";
    return (
      any("name", (value) => volume.name.includes(value)) &&
      any("driver", (value) => volume.driver === value) &&
      any("dangling", (value) => truth(value) === (this.usersOf(volume.name).length === 0)) &&
      matchesLabels(volume.labels, filters.get("label") ?? [])
    );
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
    const users = this.usersOf(name);
    if (users.length > 0 || this.#held.has(name)) {
      throw new EngineError("Conflict", `remove ${name}: volume is in use - [${users.join(", ")}]`);
    }
    // Record first, directory last: a crash between them leaves an orphan that the next start sweeps.
    this.#rows.delete(name);
    await this.#deps.driver.remove(name);
    this.#publish("destroy", name, { driver: "local" });
  }

  async prune(filters: Filters): Promise<{ readonly deleted: readonly string[]; readonly spaceReclaimed: number }> {
    const all = (filters.get("all") ?? []).some((value) => value === "true" || value === "1");
    const labels = filters.get("label") ?? [];
    const not = filters.get("label!") ?? [];
    const deleted: string[] = [];
    let spaceReclaimed = 0;
    for (const volume of [...this.#rows.all()]) {
      const unused = this.usersOf(volume.name).length === 0 && !this.#held.has(volume.name);
      const chosen =
        (all || volume.anonymous) &&
        matchesLabels(volume.labels, labels) &&
        !not.some((each) => matchesLabels(volume.labels, [each]));
      if (!unused || !chosen) continue;
      spaceReclaimed += await this.#deps.driver.usage(volume.name);
      await this.remove(volume.name, true);
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

  /**
   * Bind and tmpfs mounts as they will be. A missing source is made for `-v` and refused for `--mount`.
   * @throws EngineError InvalidParameter in Docker's words.
   */
  async checkBinds(mounts: readonly MountSpec[]): Promise<readonly ResolvedMount[]> {
    const resolved: ResolvedMount[] = [];
    for (const mount of mounts) {
      if (mount.type === "bind") {
        await ensureSource(mount.source, mount.createSource);
        resolved.push({
          type: "bind",
          source: mount.source,
          target: mount.target,
          mode: mount.readOnly ? "ro" : "",
          readWrite: !mount.readOnly,
          propagation: mount.propagation,
          anonymous: false,
        });
      } else if (mount.type === "tmpfs") {
        resolved.push({
          type: "tmpfs",
          source: "",
          target: mount.target,
          mode: mount.options.join(","),
          readWrite: !mount.readOnly,
          propagation: "",
          anonymous: false,
        });
      }
    }
    return resolved;
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
      acquired.push({
        spec,
        mount: {
          type: "volume" as const,
          name: volume.name,
          source: volume.mountpoint,
          target: spec.target,
          driver: "local",
          mode: spec.readOnly ? "ro" : "z",
          readWrite: !spec.readOnly,
          propagation: "",
          anonymous,
        },
      });
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
    using _ = await this.#locks.acquire(name);
    if (await this.#deps.driver.isEmpty(name)) await this.#deps.driver.copyUp(name, rootfs, target);
  }

  /** After the container's record is gone. A volume that another container has taken up stays. */
  async removeAnonymousOf(container: Container): Promise<void> {
    for (const { type, name, anonymous } of container.mounts) {
      if (type !== "volume" || !anonymous || name === undefined || this.usersOf(name).length > 0) continue;
      await this.remove(name, true);
    }
  }

  names(): ReadonlySet<string> {
    return new Set([...this.#rows.all()].map((volume) => volume.name));
  }

  #publish(action: string, name: string, attributes: Readonly<Record<string, string>>): void {
    this.#deps.events.publish({ type: "volume", action, actor: name, attributes });
  }
}

function parseVolumeName(name: string): string {
  if (NAME.test(name)) return name;
  throw new EngineError(
    "InvalidParameter",
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

async function ensureSource(source: string, create: boolean): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT")
      throw new EngineError(
        "InvalidParameter",
        `invalid mount config for type "bind": stat ${source}: ${errnoOf(error) ?? ""}`,
        { cause: error },
      );
    if (!create)
      throw new EngineError(
        "InvalidParameter",
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
    await mkdir(source, { recursive: true });
  }
}
