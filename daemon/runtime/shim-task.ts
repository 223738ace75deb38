import type { Duplex } from "node:stream";
import { EngineError, errnoOf } from "../base/errors.ts";
import type { ExitStatus } from "../base/exit-status.ts";
import type { Logger } from "../base/logger.ts";
import { nowRfc3339 } from "../base/time.ts";
import type { Cgroup } from "../linux/cgroups/cgroup.ts";
import type { OciResources } from "../oci/runtime-spec.ts";
import { ControlConnection } from "./control-connection.ts";
import { streamFlags } from "./exec-fields.ts";
import { readExitRecord, unseenExit } from "./exit-record.ts";
import { size, text, u32, type Field, type Frame } from "./frame.ts";
import { Flag, Kind, Phase, Tag } from "./protocol.ts";
import type { AttachOptions, ExecProcess, ExecTask, Task, TaskStats } from "./runtime.ts";
import { ShimError } from "./shim-error.ts";
import { ShimExecs } from "./shim-execs.ts";
import { openStream } from "./shim-socket.ts";
import { containerStartError } from "./start-error.ts";
import { signalAll } from "./signal-all.ts";

export interface ShimTaskDeps {
  readonly id: string;
  readonly folder: string;
  readonly socket: Duplex;
  readonly cgroup: Cgroup;
  /** The command line of runc. */
  readonly runc: readonly string[];
  /** args[0], for the words of a refusal. */
  readonly command: string;
  readonly log: Logger;
  /** Clears away everything outside of the shim. */
  readonly clear: () => Promise<void>;
}

/**
 * A task behind a shim. The connection is the only thing that says that the shim lives: when it closes and no end was
 * announced, the shim was killed, and its container, which nobody can attach to or wait for any more, is ended with it.
 */
export class ShimTask implements Task {
  readonly id: string;
  readonly exited: Promise<ExitStatus>;
  pid: number | undefined;
  readonly #deps: ShimTaskDeps;
  readonly #connection: ControlConnection;
  readonly #execs: ShimExecs;
  readonly #settle: (exit: ExitStatus) => void;
  #over = false;
  #released = false;
  #cgroupFiles: readonly string[] | undefined;

  constructor(deps: ShimTaskDeps) {
    this.#deps = deps;
    this.id = deps.id;
    ({ promise: this.exited, resolve: this.#settle } = Promise.withResolvers<ExitStatus>());
    this.#connection = new ControlConnection(deps.socket, (frame) => this.#onEvent(frame));
    this.#execs = new ShimExecs({ folder: deps.folder, connection: () => this.#connection });
    void this.#connection.closed.then(() => this.#onClosed());
  }

  /** Tells a new shim what it is for. It answers once its pipes, or the socket for its terminal, are there. */
  async configure(fields: readonly Field[], signal?: AbortSignal): Promise<void> {
    try {
      const greeting = this.#connection.request(Kind.hello, [], signal);
      await Promise.all([greeting, this.#connection.request(Kind.config, fields, signal)]);
    } catch (error) {
      throw containerStartError(error, this.#deps.folder, this.#deps.command);
    }
  }

  /**
   * Asks a shim that another daemon left behind. True: it runs. ExitStatus: it ran. False: it never did.
   * Waits for the end of a start that is under way.
   */
  async takeOver(signal?: AbortSignal): Promise<boolean | ExitStatus> {
    let state: Frame;
    try {
      state = await this.#connection.request(Kind.hello, [], signal);
    } catch (error) {
      if (error instanceof ShimError) return false; // the start under way has failed
      throw error;
    }
    const phase = state.u32(Tag.phase);
    if (phase === Phase.over) {
      this.#end(exitOf(state));
      return await this.exited;
    }
    if (phase === Phase.running) this.pid = state.u32(Tag.pid);
    return phase === Phase.running;
  }

  async start(signal?: AbortSignal): Promise<{ readonly pid: number; readonly startedAt: string }> {
    try {
      const args = this.#deps.runc.map((arg) => text(Tag.arg, arg));
      const answer = await this.#connection.request(Kind.start, args, signal);
      this.pid = answer.u32(Tag.pid);
      return { pid: this.pid, startedAt: answer.text(Tag.time) ?? nowRfc3339() };
    } catch (error) {
      throw containerStartError(error, this.#deps.folder, this.#deps.command);
    }
  }

  #onEvent(frame: Frame): void {
    switch (frame.kind) {
      case Kind.exited:
        this.#end(exitOf(frame));
        break;
      case Kind.execExited:
      case Kind.execState:
        this.#execs.onEvent(frame);
        break;
      case Kind.logLost:
        this.#deps.log.warn("the log of a container loses lines", { container: this.id, errno: frame.u32(Tag.errno) });
        break;
    }
  }

  #end(exit: ExitStatus): void {
    if (this.#over) return;
    this.#over = true;
    this.#execs.endAll();
    this.#settle(exit);
  }

  #onClosed(): void {
    if (this.#over || this.#released) return;
    const seen = readExitRecord(this.#deps.folder);
    if (seen === undefined) this.#killAll();
    this.#end(seen ?? unseenExit("its end was not seen: the shim was killed"));
  }

  #killAll(): void {
    try {
      this.#deps.cgroup.killAll();
    } catch (error) {
      this.#deps.log.error("killing what is left of a container failed", { container: this.id, error });
    }
  }

  async attach(options: AttachOptions, signal?: AbortSignal): Promise<Duplex> {
    try {
      const flags = u32(Tag.flags, streamFlags(options));
      return (await openStream(this.#deps.folder, Kind.attach, [flags], signal)).stream;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async exec(process: ExecProcess, signal?: AbortSignal): Promise<ExecTask> {
    // They stay the same for as long as the container runs.
    this.#cgroupFiles ??= this.#deps.cgroup.joinFiles();
    try {
      return await this.#execs.start(process, this.#cgroupFiles, signal);
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async resize(rows: number, columns: number): Promise<void> {
    await this.#ask(Kind.resize, size(Tag.size, [rows, columns]));
  }

  async kill(signal: number, all = false): Promise<void> {
    if (!all) return await this.#ask(Kind.kill, u32(Tag.signal, signal));
    if (this.#over) throw notRunning(this.id);
    signalAll(this.#deps.cgroup, signal);
  }

  async #ask(kind: number, field: Field): Promise<void> {
    try {
      await this.#connection.request(kind, [field]);
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /** A shim that is gone, or says that there is no such process: the container is over. */
  #unreachable(error: unknown): unknown {
    const code = errnoOf(error);
    const gone = code === "ENOENT" || code === "ECONNREFUSED" || (error instanceof ShimError && code === "ESRCH");
    if (gone || (this.#over && !(error instanceof EngineError))) return notRunning(this.id, error);
    if (!(error instanceof ShimError)) return error;
    return new EngineError(code === "ENOTTY" ? "Conflict" : "Internal", `container ${this.id}: ${error.reason}`, {
      cause: error,
    });
  }

  async pause(): Promise<void> {
    await this.#deps.cgroup.freeze();
  }

  resume(): Promise<void> {
    return Promise.resolve().then(() => this.#deps.cgroup.thaw());
  }

  processes(): Promise<readonly number[]> {
    return Promise.resolve().then(() => this.#deps.cgroup.processes());
  }

  stats(): Promise<TaskStats> {
    return Promise.resolve().then(() => this.#deps.cgroup.stats());
  }

  update(resources: OciResources): Promise<void> {
    return Promise.resolve().then(() => this.#deps.cgroup.update(resources));
  }

  async delete(): Promise<void> {
    if (this.pid !== undefined && !this.#over) {
      this.#killAll();
      await this.exited;
    }
    await this.#connection.request(Kind.delete, []).catch((error: unknown) => {
      if (error instanceof ShimError) this.#deps.log.warn("the shim does not go", { container: this.id, error });
    });
    this.#release();
    await this.#deps.clear();
  }

  #release(): void {
    this.#released = true;
    this.#connection.close();
    this.#end(unseenExit("the container never ran"));
  }

  /** Lets go of the shim; the container lives on. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#released = true;
    this.#connection.close();
    return Promise.resolve();
  }
}

function exitOf(frame: Frame): ExitStatus {
  return {
    code: frame.u32(Tag.code),
    at: frame.text(Tag.time) ?? nowRfc3339(),
    oomKilled: (frame.u32(Tag.flags) & Flag.oom) !== 0,
  };
}

function notRunning(id: string, cause?: unknown): EngineError {
  return new EngineError("Conflict", `container ${id} is not running`, { cause });
}
