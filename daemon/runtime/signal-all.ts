import { constants } from "node:os";
import { errnoOf } from "../base/errors.ts";
import type { Cgroup } from "../linux/cgroups/cgroup.ts";

/** Sends a signal to every process of a container. One that ends meanwhile needs none. */
export function signalAll(cgroup: Cgroup, signal: number): void {
  if (signal === constants.signals.SIGKILL) return cgroup.killAll();
  for (const pid of cgroup.processes()) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errnoOf(error) !== "ESRCH") throw error;
    }
  }
}
