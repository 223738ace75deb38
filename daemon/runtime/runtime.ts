import type { Duplex } from "node:stream";
import type { ExitStatus } from "../base/exit-status.ts";
import type { OciResources, OciSpec } from "../oci/runtime-spec.ts";

/**
 * Processes in containers. A task is the live side of a container: one shim process of ours that outlives the daemon, and
 * below it the container's init and the processes added to it. One way to run a process serves start, exec, build and
 * health checks.
 *
 * Lifecycle of a task: `create` spawns the shim, which owns stdio from then on, so clients can attach before the first byte;
 * `start` calls runc; `exited` settles once the exit record is durable; `delete` removes what is left in exec-root.
 */
export interface Runtime {
  /** `runtimes` of `info`: name → path. */
  readonly runtimes: Readonly<Record<string, string>>;
  create(options: TaskOptions, signal?: AbortSignal): Promise<Task>;
  /**
   * After a daemon restart: the task of `id`, connected again to its shim; or how it ended while nobody looked; or
   * undefined when there is no trace of it.
   */
  adopt(id: string): Promise<Task | ExitStatus | undefined>;
  /** Ids with anything left in exec-root. */
  list(): Promise<readonly string[]>;
  /** Removes what is left of `id`: cgroups, runc state, folders. Idempotent; for tasks that are over. */
  cleanup(id: string): Promise<void>;
}

export interface TaskOptions {
  readonly id: string;
  /** Holds config.json when `create` resolves. */
  readonly spec: OciSpec;
  /** A name in `runtimes`; "" is the default. */
  readonly runtime: string;
  readonly stdin: boolean;
  /** stdin closes for good when the first attached client that wrote goes away. */
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Rows and columns of the terminal at start, where known. */
  readonly consoleSize?: readonly [rows: number, columns: number];
  readonly log: TaskLog;
}

export interface TaskLog {
  /** json-file at this path; "" keeps none. */
  readonly path: string;
  /** Bytes a file; 0 is no limit. */
  readonly maxSize: number;
  readonly maxFiles: number;
}

export interface Task extends AsyncDisposable {
  readonly id: string;
  /** Of the container's init; undefined until `start` has resolved. */
  readonly pid: number | undefined;
  /**
   * @throws EngineError InvalidParameter when runc refuses the process: message as runc gives it, `exitCode` 126 or 127 where
   * the command cannot run or is not there (see StartError).
   */
  start(signal?: AbortSignal): Promise<{ readonly pid: number; readonly startedAt: string }>;
  /** Settles once; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** A stream of the container's output, framed (8-byte headers) unless tty; what is written to it is its stdin. */
  attach(options: AttachOptions, signal?: AbortSignal): Promise<Duplex>;
  exec(process: ExecProcess, signal?: AbortSignal): Promise<ExecTask>;
  resize(rows: number, columns: number): Promise<void>;
  /** To init, or to all processes of the container. @throws EngineError Conflict when it is over. */
  kill(signal: number, all?: boolean): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Host pids of all its processes. */
  processes(): Promise<readonly number[]>;
  /** Cgroup figures now; works for v1, v2 and hybrid. */
  stats(): Promise<TaskStats>;
  /** Changes limits of the running container. */
  update(resources: OciResources): Promise<void>;
  /** Removes cgroup, runc state and folders; the task is over. Idempotent. */
  delete(): Promise<void>;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** runc's refusal to start a process. */
export interface StartFailure {
  readonly exitCode: 125 | 126 | 127;
  readonly message: string;
}

export interface ExecProcess {
  readonly id: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly tty: boolean;
  readonly consoleSize?: readonly [rows: number, columns: number];
  readonly stdin: boolean;
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly apparmorProfile?: string;
  /** The container's compiled filter: an array of `struct sock_filter`, 8 bytes each; none when unconfined. */
  readonly seccompFilter?: Uint8Array;
  readonly rlimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[];
  readonly oomScoreAdj?: number;
  /** Streams to open; none for a detached exec. */
  readonly attach?: AttachOptions;
}

export interface ExecTask {
  readonly pid: number;
  /** Output framed unless tty; writes are its stdin, `end()` half-closes. Undefined when detached. */
  readonly stream: Duplex | undefined;
  readonly exited: Promise<ExitStatus>;
  resize(rows: number, columns: number): Promise<void>;
  kill(signal: number): Promise<void>;
}

/** Totals since start unless said otherwise. Bytes, nanoseconds, counts. */
export interface TaskStats {
  readonly cgroupVersion: 1 | 2;
  readonly cpu: {
    readonly totalNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    readonly perCpuNs: readonly number[];
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  };
  readonly memory: {
    readonly usage: number;
    readonly maxUsage: number;
    readonly limit: number;
    readonly failcnt: number;
    readonly stats: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number; readonly limit: number };
  readonly io: readonly {
    readonly major: number;
    readonly minor: number;
    readonly op: string;
    readonly bytes: number;
  }[];
  readonly oomKills: number;
}
