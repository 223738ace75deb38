import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";
import { EngineError, errnoOf } from "../base/errors.ts";
import type { ExitStatus } from "../base/exit-status.ts";
import type { Logger } from "../base/logger.ts";
import type { AttachLock } from "../linux/cgroups/attach-lock.ts";
import type { Cgroup } from "../linux/cgroups/cgroup.ts";
import { SealedExecutable } from "../linux/sealed-executable.ts";
import { DetachedSpawner } from "../linux/spawn-detached.ts";
import type { OciSpec } from "../oci/runtime-spec.ts";
import { clearTask } from "./clear-task.ts";
import { readExitRecord, unseenExit } from "./exit-record.ts";
import { size, text, u32, u64, type Field } from "./frame.ts";
import { Flag, Tag } from "./protocol.ts";
import { runcCommand } from "./runc-command.ts";
import type { Runtime, Task, TaskOptions } from "./runtime.ts";
import { connectShim } from "./shim-socket.ts";
import { ShimTask } from "./shim-task.ts";
import { spawnShim } from "./spawn-shim.ts";
import { TaskFolder, type TaskRecord } from "./task-folder.ts";

/** A shim that does not answer for this long is stopped or broken; the daemon does not wait for it to start itself. */
const TAKE_OVER_TIMEOUT_MS = 10_000;

export interface RuntimeDeps {
  /** State of this boot of the machine, best on a tmpfs. */
  readonly execRoot: string;
  /** The shim's executable. */
  readonly shim: string;
  /** Name → path of a runc. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** A name in `runtimes`. */
  readonly defaultRuntime: string;
  /** cgroupsPath is `slice:prefix:name`, and runc talks to systemd. */
  readonly systemdCgroup: boolean;
  readonly openCgroup: (cgroupsPath: string, options: { readonly systemd: boolean }) => Cgroup;
  /** Told when a move into a cgroup is about to come. */
  readonly attachLock?: Pick<AttachLock, "ease">;
  readonly log: Logger;
}

export function createRuntime(deps: RuntimeDeps): Runtime {
  return new ShimRuntime(deps);
}

class ShimRuntime implements Runtime {
  readonly runtimes: Readonly<Record<string, string>>;
  readonly #deps: RuntimeDeps;
  readonly #tasks: string;
  readonly #spawner = new DetachedSpawner();
  #program: SealedExecutable | undefined;

  constructor(deps: RuntimeDeps) {
    this.#deps = deps;
    this.runtimes = deps.runtimes;
    this.#tasks = join(deps.execRoot, "tasks");
    mkdirSync(this.#tasks, { recursive: true, mode: 0o700 });
    for (const name of Object.keys(deps.runtimes))
      mkdirSync(join(deps.execRoot, "runc", name), { recursive: true, mode: 0o700 });
  }

  async create(options: TaskOptions, signal?: AbortSignal): Promise<Task> {
    signal?.throwIfAborted();
    const runtime = options.runtime === "" ? this.#deps.defaultRuntime : options.runtime;
    if (this.runtimes[runtime] === undefined)
      throw new EngineError("InvalidParameter", `unknown or invalid runtime name: ${runtime}`);
    this.#deps.attachLock?.ease();
    const { cgroupsPath = "" } = options.spec.linux;
    const record: TaskRecord = { cgroupsPath, runtime, hooks: options.spec.hooks !== undefined };
    const cgroup = this.#openCgroup(record);
    const folder = await this.#makeFolder({ ...options, spec: withConsoleSize(options) }, record);
    await using undo = new AsyncDisposableStack();
    undo.defer(() => this.#clear(options.id));
    const socket = spawnShim(this.#spawner, this.#shim(), folder.path);
    const task = this.#task(options.id, record, cgroup, socket, options.spec);
    // Without anybody connected a shim that has started nothing goes.
    undo.use(task);
    await task.configure(configFields(options, cgroup), signal);
    undo.move();
    return task;
  }

  /** What a crashed start left under the same id is in the way of the next one. */
  async #makeFolder(options: TaskOptions, record: TaskRecord): Promise<TaskFolder> {
    const folder = new TaskFolder(this.#deps.execRoot, options.id);
    try {
      folder.create(options.spec, record);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      await this.cleanup(options.id);
      folder.create(options.spec, record);
    }
    return folder;
  }

  /** Sealed when it is first needed: a daemon that starts nothing pays nothing. */
  #shim(): string {
    this.#program ??= new SealedExecutable(this.#deps.shim);
    return this.#program.path;
  }

  #openCgroup({ cgroupsPath }: TaskRecord): Cgroup {
    return this.#deps.openCgroup(cgroupsPath, { systemd: this.#deps.systemdCgroup });
  }

  #task(id: string, record: TaskRecord, cgroup: Cgroup, socket: Socket, spec?: OciSpec): ShimTask {
    const folder = new TaskFolder(this.#deps.execRoot, id);
    return new ShimTask({
      id,
      folder: folder.path,
      socket,
      cgroup,
      runc: runcCommand({
        path: this.runtimes[record.runtime] ?? record.runtime,
        root: folder.stateRoot(record.runtime),
        systemdCgroup: this.#deps.systemdCgroup,
        terminal: spec?.process.terminal ?? false,
        id,
      }),
      command: spec?.process.args[0] ?? "",
      log: this.#deps.log,
      clear: () => this.#clear(id),
    });
  }

  async adopt(id: string): Promise<Task | ExitStatus | undefined> {
    const signal = AbortSignal.timeout(TAKE_OVER_TIMEOUT_MS);
    const folder = new TaskFolder(this.#deps.execRoot, id);
    const record = folder.record();
    if (record === undefined) return undefined;
    const task = await this.#reach(id, record, signal);
    if (task === undefined) return orphan(folder, this.#openCgroup(record));
    const found = await task.takeOver(signal);
    if (found === true) return task;
    await task[Symbol.asyncDispose]();
    return found === false ? undefined : found;
  }

  /** The task, if its shim lives. */
  async #reach(id: string, record: TaskRecord, signal: AbortSignal): Promise<ShimTask | undefined> {
    try {
      const socket = await connectShim(new TaskFolder(this.#deps.execRoot, id).path, signal);
      return this.#task(id, record, this.#openCgroup(record), socket);
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOENT" || code === "ECONNREFUSED") return undefined;
      throw error;
    }
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve().then(() => readdirSync(this.#tasks));
  }

  async cleanup(id: string): Promise<void> {
    const signal = AbortSignal.timeout(TAKE_OVER_TIMEOUT_MS);
    const record = new TaskFolder(this.#deps.execRoot, id).record();
    const task = record === undefined ? undefined : await this.#reach(id, record, signal);
    if (task === undefined) return await this.#clear(id);
    await task.takeOver(signal);
    await task.delete();
  }

  async #clear(id: string): Promise<void> {
    const folder = new TaskFolder(this.#deps.execRoot, id);
    const record = folder.record();
    await clearTask(id, folder, {
      runtime: record === undefined ? undefined : this.runtimes[record.runtime],
      cgroup: record === undefined ? undefined : this.#openCgroup(record),
    });
  }
}

/** No shim: it ended after its container and left word, or it was killed, and what it was the parent of is ended with it. */
function orphan(folder: TaskFolder, cgroup: Cgroup): ExitStatus | undefined {
  const seen = readExitRecord(folder.path);
  if (seen !== undefined) return seen;
  cgroup.killAll();
  return folder.wasStarted() ? unseenExit("its end was not seen: the shim was killed") : undefined;
}

function configFields(options: TaskOptions, cgroup: Cgroup): readonly Field[] {
  const { stdin, stdinOnce, tty, consoleSize, log, spec } = options;
  const flags = (stdin ? Flag.stdin : 0) | (stdinOnce ? Flag.stdinOnce : 0) | (tty ? Flag.tty : 0);
  const { oomKills, processes } = cgroup.files;
  return [
    u32(Tag.flags, flags),
    ...(consoleSize === undefined ? [] : [size(Tag.size, consoleSize)]),
    ...(log.path === "" ? [] : [text(Tag.logPath, log.path)]),
    u64(Tag.logSize, BigInt(log.maxSize)),
    u32(Tag.logFiles, log.maxFiles),
    ...(oomKills === undefined ? [] : [text(Tag.oomFile, oomKills)]),
    ...(hasOwnPids(spec) ? [] : [text(Tag.killFile, processes)]),
  ];
}

/** runc sets it before the first instruction; the shim, which gets the terminal when runc is done, would come too late. */
function withConsoleSize({ spec, tty, consoleSize }: TaskOptions): OciSpec {
  if (!tty || consoleSize === undefined) return spec;
  const [height, width] = consoleSize;
  return { ...spec, process: { ...spec.process, consoleSize: { height, width } } };
}

/** Where the init is the kernel's own reaper of a pid namespace, its end ends all others. */
function hasOwnPids(spec: OciSpec): boolean {
  return spec.linux.namespaces.some(({ type, path = "" }) => type === "pid" && path === "");
}
