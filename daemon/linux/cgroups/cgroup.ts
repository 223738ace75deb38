import type { CgroupResources } from "./limits.ts";
import type { CgroupStats } from "./stats.ts";

/**
 * The cgroups of one container, in every hierarchy. runc makes them; this looks at them, acts on them and takes them away.
 * A folder that is gone is no error but for `freeze` and `update`: then there is nothing to read, kill or remove.
 */
export interface Cgroup {
  /** Absolute folders, one a hierarchy. */
  paths(): readonly string[];
  /** A process of one thread joins the container by writing "0" to each: `tasks` of version 1, `cgroup.procs` of version 2. */
  joinFiles(): readonly string[];
  /** Of the files that a parent of the container reads when nobody else is there to do so, whether they exist yet or not. */
  readonly files: CgroupFilePaths;
  /** Host pids, those of nested cgroups included. */
  processes(): readonly number[];
  /**
   * Resolves once no process runs any more. When that cannot be had in time (a process in an uninterruptible wait) or
   * `signal` aborts, the cgroup is thawed again.
   * @throws EngineError Internal when it does not freeze.
   */
  freeze(signal?: AbortSignal): Promise<void>;
  thaw(): void;
  /** SIGKILL to every process, also to those that are frozen or being forked; they may take a moment to be gone. */
  killAll(): void;
  /** Idempotent; waits a moment for dying processes. @throws EBUSY when some are still there. */
  remove(signal?: AbortSignal): Promise<void>;
  stats(): CgroupStats;
  /** Of the whole life of the cgroup: read it before `remove`. */
  oomKills(): number;
  /** @throws the kernel's refusal: EINVAL, EBUSY when more is in use than the new limit, ENOENT without the controller. */
  update(resources: CgroupResources): void;
}

export interface CgroupFilePaths {
  /** Has a line `oom_kill N`; undefined without a memory controller. */
  readonly oomKills?: string;
  /** cgroup.procs: pids, one a line. */
  readonly processes: string;
}
