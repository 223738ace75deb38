import { join } from "node:path";
import { EngineError, errnoOf } from "../../base/errors.ts";
import type { Cgroup, CgroupFilePaths } from "./cgroup.ts";
import { CgroupFiles } from "./files.ts";
import { killEach } from "./kill.ts";
import { limitsV2, type CgroupResources } from "./limits.ts";
import { statsV2, type CgroupStats } from "./stats.ts";
import { waitForEvent } from "./wait-for-event.ts";

/** A task in an uninterruptible wait cannot be frozen or killed: nobody waits for it longer than this. */
const FREEZE_TIMEOUT_MS = 10_000;
const REMOVE_TIMEOUT_MS = 2_000;

/** cgroup-v2.rst: one folder; the kernel says by a modification of cgroup.events that it is frozen or empty. */
export class CgroupV2 implements Cgroup {
  readonly #files: CgroupFiles;

  constructor(path: string) {
    this.#files = new CgroupFiles(path);
  }

  paths(): readonly string[] {
    return [this.#files.path];
  }

  joinFiles(): readonly string[] {
    return [join(this.#files.path, "cgroup.procs")];
  }

  get files(): CgroupFilePaths {
    const { path } = this.#files;
    return { oomKills: join(path, "memory.events"), processes: join(path, "cgroup.procs") };
  }

  processes(): readonly number[] {
    return this.#files.processes();
  }

  async freeze(signal?: AbortSignal): Promise<void> {
    this.#files.write("cgroup.freeze", "1");
    try {
      await waitForEvent(this.#files, "frozen 1", FREEZE_TIMEOUT_MS, signal);
    } catch (cause) {
      this.thaw();
      throw new EngineError("Internal", `cgroup ${this.#files.path} did not freeze`, { cause });
    }
  }

  thaw(): void {
    this.#files.writeIfThere("cgroup.freeze", "0");
  }

  /** cgroup.kill reaches every process at once, frozen and forking ones too (Linux 5.14). */
  killAll(): void {
    if (this.#files.writeIfThere("cgroup.kill", "1")) return;
    // A frozen process dies at once here, unlike in version 1: the freezer lets fatal signals through.
    killEach(() => this.processes());
  }

  async remove(signal?: AbortSignal): Promise<void> {
    try {
      this.#files.remove();
    } catch (error) {
      if (errnoOf(error) !== "EBUSY") throw error;
      await waitForEvent(this.#files, "populated 0", REMOVE_TIMEOUT_MS, signal).catch((cause: unknown) => {
        throw Object.assign(new Error(`cgroup ${this.#files.path} is busy`, { cause }), { code: "EBUSY" });
      });
      this.#files.remove();
    }
  }

  stats(): CgroupStats {
    return statsV2(this.#files);
  }

  oomKills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(this.#files.read("memory.events") ?? "")?.[1] ?? 0);
  }

  update(resources: CgroupResources): void {
    for (const { file, value } of limitsV2(resources)) this.#files.write(file, value);
  }
}
