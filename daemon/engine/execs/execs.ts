import type { Duplex } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { ExitStatus } from "../../base/exit-status.ts";
import { newId } from "../../base/ids.ts";
import { DETACH_DEFAULT, parseDetachKeys } from "../../oci/detach-keys.ts";
import type { ExecTask } from "../../runtime/runtime.ts";
import { publish, type ContainerContext } from "../containers/context.ts";
import { detachable } from "../containers/detachable.ts";
import { startError } from "../containers/launch.ts";
import type { ExecRecord, ExecSpec, Execs } from "../services.ts";
import { endsAfter } from "./ends-after.ts";

/** Ended execs that inspect can still ask for; older ones are forgotten. */
const KEPT = 512;

interface Exec {
  record: ExecRecord;
  task?: ExecTask;
  /** Settles when its process runs or could not be started. */
  starting?: Promise<unknown>;
}

/** Processes added to running containers. Their records live as long as the daemon, as Docker's do. */
export class ExecStore implements Execs {
  readonly #context: ContainerContext;
  readonly #execs = new Map<string, Exec>();

  constructor(context: ContainerContext) {
    this.#context = context;
  }

  create(ref: string, spec: ExecSpec): Promise<string> {
    const container = this.#running(ref);
    if (spec.cmd.length === 0 || spec.cmd[0] === "")
      throw new EngineError("InvalidParameter", "No exec command specified");
    parseDetachKeys(spec.detachKeys ?? DETACH_DEFAULT);
    const id = newId();
    this.#forgetOldest();
    this.#execs.set(id, { record: { id, containerId: container.id, spec, state: { status: "created" } } });
    this.#context.live(container.id).execIds.add(id);
    publish(this.#context, container, `exec_create: ${spec.cmd.join(" ")}`, { execID: id });
    return Promise.resolve(id);
  }

  get(id: string): ExecRecord {
    return this.#get(id).record;
  }

  async start(
    id: string,
    options: { readonly detach: boolean; readonly tty: boolean; readonly consoleSize?: readonly [number, number] },
    signal?: AbortSignal,
  ): Promise<{ readonly tty: boolean; readonly stream: Duplex | undefined }> {
    const exec = this.#get(id);
    const { containerId, spec, state } = exec.record;
    if (state.status === "exited") throw new EngineError("Conflict", `exec command ${id} has already run`);
    if (state.status === "running") throw new EngineError("Conflict", `exec command ${id} is already running`);
    const container = this.#running(containerId);
    const live = this.#context.live(containerId);
    if (live.task === undefined) throw new EngineError("Conflict", `container ${containerId} is not running`);
    exec.record = { ...exec.record, state: { status: "running", pid: 0 } };
    try {
      const { task } = live;
      const process = this.#context.specs.exec(container, exec.record, options);
      const starting = Promise.resolve(process).then((spec) => task.exec(spec, signal));
      exec.starting = starting.catch(() => undefined);
      exec.task = await starting;
    } catch (thrown) {
      const { error, exitCode } = startError(thrown);
      this.#ended(exec, { code: exitCode, at: new Date().toISOString(), oomKilled: false, error: error.message }, 0);
      throw error;
    }
    const { pid, stream } = exec.task;
    exec.record = { ...exec.record, state: { status: "running", pid } };
    publish(this.#context, container, `exec_start: ${spec.cmd.join(" ")}`, { execID: id });
    const ended = exec.task.exited.then((exit) => {
      this.#ended(exec, exit, pid);
      publish(this.#context, container, "exec_die", { execID: id, exitCode: String(exit.code) });
    });
    return {
      tty: spec.tty,
      stream: stream === undefined ? undefined : this.#withDetachKeys(spec, endsAfter(stream, ended), containerId, id),
    };
  }

  #withDetachKeys(spec: ExecSpec, stream: Duplex, containerId: string, id: string): Duplex {
    if (!spec.tty || !spec.attachStdin) return stream;
    const keys = parseDetachKeys(spec.detachKeys ?? DETACH_DEFAULT);
    return detachable(stream, keys, () => {
      const container = this.#context.store.find(containerId);
      if (container !== undefined) publish(this.#context, container, "exec_detach", { execID: id });
    });
  }

  async resize(id: string, rows: number, columns: number): Promise<void> {
    const exec = this.#get(id);
    // A client knows of the start before the process runs, and tells the size of its terminal at once.
    await exec.starting;
    const { task, record } = exec;
    if (task === undefined || record.state.status !== "running")
      throw new EngineError("Conflict", `exec ${id} is not running`);
    await task.resize(rows, columns);
  }

  #ended(exec: Exec, exit: ExitStatus, pid: number): void {
    exec.record = { ...exec.record, state: { status: "exited", exit, pid } };
    exec.task = undefined;
    this.#context.live(exec.record.containerId).execIds.delete(exec.record.id);
  }

  #forgetOldest(): void {
    if (this.#execs.size < KEPT) return;
    for (const [id, { record }] of this.#execs) {
      if (record.state.status === "running") continue;
      this.#execs.delete(id);
      return;
    }
  }

  #get(id: string): Exec {
    const exec = this.#execs.get(id) ?? this.#byPrefix(id);
    if (exec === undefined) throw new EngineError("NotFound", `No such exec instance: ${id}`);
    return exec;
  }

  #byPrefix(prefix: string): Exec | undefined {
    const [only, another] = prefix.length < 4 ? [] : [...this.#execs.keys()].filter((id) => id.startsWith(prefix));
    return another === undefined && only !== undefined ? this.#execs.get(only) : undefined;
  }

  #running(ref: string): ReturnType<ContainerContext["store"]["resolve"]> {
    const container = this.#context.store.resolve(ref);
    const { status } = container.state;
    if (status === "paused")
      throw new EngineError("Conflict", `container ${ref} is paused, unpause the container before exec`);
    if (status === "restarting")
      throw new EngineError("Conflict", `Container ${container.id} is restarting, wait until the container is running`);
    if (status !== "running") throw new EngineError("Conflict", `container ${container.id} is not running`);
    return container;
  }
}
