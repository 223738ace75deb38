import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { EngineError, errnoOf } from "../../base/errors.ts";
import type { Cgroup, CgroupFilePaths } from "./cgroup.ts";
import { CgroupFiles } from "./files.ts";
import { killEach } from "./kill.ts";
import { limitsV1, type CgroupResources } from "./limits.ts";
import { statsV1, type CgroupStats } from "./stats.ts";

/** The version 1 freezer and rmdir tell nobody when they are done: both are asked again, this often at most. */
const FREEZE_TRIES = 200;
const FREEZE_PAUSE_MS = 5;
const TRIES_A_THAW = 20;
const REMOVE_PAUSES_MS = [1, 2, 4, 8, 16, 32, 64];

export interface CgroupV1Deps {
  /** Controller, or `name=systemd` → the container's folder in that hierarchy. */
  readonly folders: ReadonlyMap<string, string>;
}

/** cgroup-v1/cgroups.rst: one folder a hierarchy. */
export class CgroupV1 implements Cgroup {
  readonly #folders: ReadonlyMap<string, string>;

  constructor({ folders }: CgroupV1Deps) {
    this.#folders = folders;
  }

  /** Those that runc has made: an older one makes none in a hybrid's version 2. */
  paths(): readonly string[] {
    return this.#all()
      .map(({ path }) => path)
      .filter((path) => existsSync(path));
  }

  joinFiles(): readonly string[] {
    const hybrid = this.#folders.get("");
    return this.paths().map((path) => join(path, path === hybrid ? "cgroup.procs" : "tasks"));
  }

  #files(controller: string): CgroupFiles | undefined {
    const path = this.#folders.get(controller);
    return path === undefined ? undefined : new CgroupFiles(path);
  }

  get files(): CgroupFilePaths {
    const memory = this.#files("memory")?.path;
    return {
      ...(memory !== undefined && { oomKills: join(memory, "memory.oom_control") }),
      processes: join(this.#main()?.path ?? "", "cgroup.procs"),
    };
  }

  processes(): readonly number[] {
    return this.#main()?.processes() ?? [];
  }

  /** The hierarchy whose processes are taken for the container's: every runc makes this one. */
  #main(): CgroupFiles | undefined {
    return this.#files("devices") ?? this.#files("pids") ?? this.#all()[0];
  }

  /** Hierarchies with several controllers, once. */
  #all(): readonly CgroupFiles[] {
    return [...new Set(this.#folders.values())].map((path) => new CgroupFiles(path));
  }

  /** freezer-subsystem.rst: FREEZING becomes FROZEN while it is read, once the last task has stopped. */
  async freeze(signal?: AbortSignal): Promise<void> {
    const freezer = this.#freezer();
    try {
      for (let tries = 0; tries < FREEZE_TRIES; tries++) {
        // Written each time: a task that was forked meanwhile is caught by the next write. Some kernels stay at FREEZING for
        // good when a task is between two states in the wrong moment; a thaw in between lets it get out.
        if (tries % TRIES_A_THAW === TRIES_A_THAW - 1) freezer.write("freezer.state", "THAWED");
        freezer.write("freezer.state", "FROZEN");
        if (freezer.read("freezer.state")?.trim() === "FROZEN") return;
        await setTimeout(FREEZE_PAUSE_MS, undefined, { signal });
      }
    } catch (error) {
      this.thaw();
      throw error;
    }
    this.thaw();
    throw new EngineError("Internal", `cgroup ${freezer.path} did not freeze`);
  }

  thaw(): void {
    this.#files("freezer")?.writeIfThere("freezer.state", "THAWED");
  }

  #freezer(): CgroupFiles {
    const freezer = this.#files("freezer");
    if (freezer === undefined) throw new EngineError("Unavailable", "this kernel has no freezer cgroup");
    return freezer;
  }

  /** Frozen tasks die only once they are thawed; while they are being frozen none can fork away from the signal. */
  killAll(): void {
    this.#files("freezer")?.writeIfThere("freezer.state", "FROZEN");
    try {
      killEach(() => this.processes());
    } finally {
      this.thaw();
    }
  }

  async remove(signal?: AbortSignal): Promise<void> {
    for (const pause of REMOVE_PAUSES_MS) {
      try {
        for (const files of this.#all()) files.remove();
        return;
      } catch (error) {
        if (errnoOf(error) !== "EBUSY") throw error;
        await setTimeout(pause, undefined, { signal });
      }
    }
    for (const files of this.#all()) files.remove();
  }

  stats(): CgroupStats {
    return statsV1((controller) => this.#files(controller));
  }

  oomKills(): number {
    const control = this.#files("memory")?.read("memory.oom_control") ?? "";
    return Number(/^oom_kill (\d+)$/m.exec(control)?.[1] ?? 0);
  }

  update(resources: CgroupResources): void {
    const limit = Number(this.#files("memory")?.read("memory.limit_in_bytes") ?? 0);
    for (const { controller, file, value } of limitsV1(resources, limit)) this.#files(controller)?.write(file, value);
  }
}
