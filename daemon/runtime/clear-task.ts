import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cgroup } from "../linux/cgroups/cgroup.ts";
import { runcDelete } from "./runc-command.ts";
import type { TaskFolder } from "./task-folder.ts";

const execute = promisify(execFile);

export interface ClearTaskDeps {
  /** Path of the task's runtime; undefined when nobody knows it any more. */
  readonly runtime: string | undefined;
  readonly cgroup: Cgroup | undefined;
}

/**
 * Takes away cgroups, runc's state and the folder; what is not there is no error. The folder goes last: as long as it is there,
 * a crash in between is found by the next start.
 */
export async function clearTask(id: string, folder: TaskFolder, { runtime, cgroup }: ClearTaskDeps): Promise<void> {
  const record = folder.record();
  if (cgroup !== undefined) {
    if (cgroup.processes().length > 0) cgroup.killAll();
    await cgroup.remove();
  }
  if (record !== undefined) {
    const root = folder.stateRoot(record.runtime);
    // runc's state is one file, and its `delete`, 16 ms, would do nothing else but call hooks. Other runtimes keep more.
    const isPlain = !record.hooks && existsSync(join(root, id, "state.json"));
    if (!isPlain && runtime !== undefined && existsSync(join(root, id))) {
      const [path = "", ...args] = runcDelete(runtime, root, id);
      await execute(path, args).catch(() => undefined); // what it leaves is removed by hand
    }
    rmSync(join(root, id), { recursive: true, force: true });
  }
  rmSync(folder.path, { recursive: true, force: true });
}
