import { existsSync, readFileSync, writeFile } from "node:fs";
import { join } from "node:path";
import type { CgroupLayout } from "./layout.ts";

/**
 * Makes a move into a cgroup that is to come soon a quick one. The kernel lets it wait for an RCU grace period, 10 to 15 ms on an
 * idle machine, unless another one was under way a moment before (cgroup_threadgroup_rwsem, percpu_down_write). runc moves its
 * init some 20 ms after a start has begun: in that time we move ourselves to where we are, on another thread, so
 * that its move finds the period over. 10 ms less a start.
 */
export class AttachLock {
  readonly #file: string | undefined;
  #busy = false;

  /** @param membership contents of /proc/self/cgroup. */
  constructor(layout: CgroupLayout, membership = readFileSync("/proc/self/cgroup", "utf8")) {
    this.#file = ownProcs(layout, membership);
  }

  /** Waits for nothing; what goes wrong costs only time. */
  ease(): void {
    if (this.#file === undefined || this.#busy) return;
    this.#busy = true;
    writeFile(this.#file, "0", () => void (this.#busy = false));
  }
}

/** cgroup.procs of a cgroup that this process is in; undefined where the mounts show another part of the tree. */
function ownProcs(layout: CgroupLayout, membership: string): string | undefined {
  const lines = membership.trimEnd().split("\n");
  return lines.map((line) => procsOf(line, layout)).find((path) => path !== undefined && existsSync(path));
}

/** A line is `ID:controllers:/path`; version 2 has no controllers (cgroups(7)). */
function procsOf(line: string, layout: CgroupLayout): string | undefined {
  const [, controllers = "", ...path] = line.split(":");
  const [first = ""] = controllers.split(",");
  const mountpoint =
    layout.version === 1 ? layout.hierarchies.get(first) : first === "" ? layout.mountpoint : undefined;
  return mountpoint === undefined ? undefined : join(mountpoint, path.join(":"), "cgroup.procs");
}
