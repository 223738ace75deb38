import { EngineError, messageOf } from "../../base/errors.ts";
import { abortable } from "../../base/keyed-lock.ts";
import { parseSignal } from "../../oci/signals.ts";
import type { Task } from "../../runtime/runtime.ts";
import type { HealthMonitors } from "../health/health-monitors.ts";
import type { Container } from "../model/container.ts";
import { publish, type ContainerContext } from "./context.ts";
import { launch, startError } from "./launch.ts";
import type { LiveContainer } from "./live-container.ts";
import type { Supervision } from "./supervision.ts";

const DEFAULT_STOP_SECONDS = 10;
/** After SIGKILL the kernel needs a moment; a process that stays longer sits in an uninterruptible wait. */
const KILL_GRACE_MS = 10_000;

export interface StopOptions {
  readonly signal?: string;
  readonly timeout?: number;
}

/** start, stop, restart, kill, pause, unpause: the moves between the states of a container. */
export class Lifecycle {
  readonly #context: ContainerContext;
  readonly #supervision: Supervision;
  readonly #health: HealthMonitors;

  constructor(context: ContainerContext, supervision: Supervision, health: HealthMonitors) {
    this.#context = context;
    this.#supervision = supervision;
    this.#health = health;
  }

  async start(ref: string, signal?: AbortSignal): Promise<void> {
    const { store, locks, live } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id, signal);
    const container = store.get(id);
    switch (container.state.status) {
      case "running":
        throw new EngineError("NotModified", `container ${id} is already running`);
      case "paused":
        throw new EngineError("Conflict", "cannot start a paused container, try unpause instead");
      case "removing":
      case "dead":
        throw new EngineError("Conflict", "container is marked for removal and cannot be started");
      case "created":
      case "exited":
      case "restarting":
    }
    await live(id).ended;
    live(id).plannedRestart?.abort();
    live(id).restartDelay = 0;
    // A start by hand begins the policy's count anew.
    store.update(id, { stoppedByUser: false, restartCount: 0 });
    // The client may go away; a start that has begun is carried through.
    await this.#run(store.get(id), live(id));
  }

  /** The restart policy's own start. Gives up when something else moved the container meanwhile. */
  async startAgain(id: string, signal: AbortSignal): Promise<void> {
    using _ = await this.#context.locks.acquire(id, signal);
    const container = this.#context.store.find(id);
    if (container?.state.status !== "restarting") return;
    await this.#run(container, this.#context.live(id), signal);
  }

  async #run(container: Container, live: LiveContainer, signal?: AbortSignal): Promise<void> {
    try {
      const { task, running } = await launch(this.#context, container, live, signal);
      live.plannedRestart = undefined;
      this.#supervision.watch(live, task);
      this.#health.watch(running);
    } catch (thrown) {
      const { error, exitCode } = startError(thrown);
      this.#failed(container.id, live, error.message, exitCode);
      throw error;
    }
  }

  #failed(id: string, live: LiveContainer, message: string, exitCode: number): void {
    const container = this.#context.store.find(id);
    live.dropPending();
    if (container === undefined) return;
    const { state } = container;
    if (state.status === "restarting") return;
    if (state.status === "created") this.#recordFailure(id, message, exitCode);
    live.settle("stopped", { code: exitCode, error: message });
    // As on Docker, whose clients wait for the removal after a start that failed.
    if (container.spec.host.autoRemove) this.#supervision.remove(id);
  }

  /** Who waits for the container hears of it whether it can be put down or not. */
  #recordFailure(id: string, error: string, exitCode: number): void {
    const { store, log } = this.#context;
    try {
      store.update(id, { state: { status: "created", error, exitCode } });
    } catch (failure) {
      log.warn("recording a start that failed, failed", { container: id, error: failure });
    }
  }

  async stop(ref: string, options: StopOptions, signal?: AbortSignal): Promise<void> {
    const { store, locks } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id, signal);
    const { state } = store.get(id);
    if (state.status === "restarting") return this.#giveUpRestart(id);
    if (state.status !== "running" && state.status !== "paused") {
      throw new EngineError("NotModified", `container ${id} is already stopped`);
    }
    await this.#stopLocked(id, options, signal);
    publish(this.#context, store.get(id), "stop");
  }

  async restart(ref: string, options: StopOptions, signal?: AbortSignal): Promise<void> {
    const { store, locks, live } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id, signal);
    const { status } = store.get(id).state;
    if (status === "removing" || status === "dead") {
      throw new EngineError("Conflict", "container is marked for removal and cannot be started");
    }
    if (status === "restarting") this.#giveUpRestart(id);
    if (status === "running" || status === "paused") {
      await this.#stopLocked(id, options, signal, true);
      publish(this.#context, store.get(id), "stop");
    }
    store.update(id, { stoppedByUser: false });
    await this.#run(store.get(id), live(id));
    publish(this.#context, store.get(id), "restart");
  }

  /** Signal, wait, SIGKILL. The lock is held, so nothing else starts or removes it meanwhile. */
  async #stopLocked(id: string, options: StopOptions, signal?: AbortSignal, keepForRestart = false): Promise<void> {
    const { store, live } = this.#context;
    const container = store.get(id);
    const task = this.#taskOf(id);
    // Before the signal: an exit that comes at once must already see that the user wanted it. A container that a restart
    // only passes through must not be removed by --rm either, so the mark serves that too.
    store.update(id, { stoppedByUser: true, ...(keepForRestart ? withoutAutoRemove(container) : {}) });
    const stopSignal = options.signal ?? container.process.stopSignal;
    await this.#send(id, task, parseSignal(stopSignal));
    if (container.state.status === "paused") await task.resume();
    const seconds = options.timeout ?? container.spec.stopTimeout ?? DEFAULT_STOP_SECONDS;
    if (!(await this.#endedWithin(live(id), seconds, signal))) {
      await this.#send(id, task, parseSignal("KILL"));
      await abortable(live(id).ended, AbortSignal.timeout(KILL_GRACE_MS));
    }
    if (keepForRestart) store.update(id, { spec: container.spec });
  }

  async #endedWithin(live: LiveContainer, seconds: number, signal?: AbortSignal): Promise<boolean> {
    if (seconds < 0) {
      await abortable(live.ended, signal);
      return true;
    }
    const timeout = AbortSignal.timeout(seconds * 1000);
    try {
      await abortable(live.ended, signal === undefined ? timeout : AbortSignal.any([timeout, signal]));
      return true;
    } catch {
      // A client that went away has still asked for the stop; it is carried through at once.
      return false;
    }
  }

  async #send(id: string, task: Task, signal: number): Promise<void> {
    try {
      await task.kill(signal);
      publish(this.#context, this.#context.store.get(id), "kill", { signal: String(signal) });
    } catch (error) {
      // It ended by itself in this moment: what the signal was to bring about.
      if (!(error instanceof EngineError) || error.kind !== "Conflict") throw error;
    }
  }

  async kill(ref: string, signalName: string): Promise<void> {
    const { store } = this.#context;
    const container = store.resolve(ref);
    const { id, state, process } = container;
    const signal = signalToKill(ref, signalName);
    if (state.status === "restarting") {
      this.#giveUpRestart(id);
      return;
    }
    if (state.status !== "running" && state.status !== "paused") {
      throw new EngineError("Conflict", `cannot kill container: ${ref}: container ${id} is not running`);
    }
    const task = this.#taskOf(id);
    if (signal === parseSignal("KILL") || signal === parseSignal(process.stopSignal))
      store.update(id, { stoppedByUser: true });
    await task.kill(signal);
    // With --rm it may be gone by now.
    publish(this.#context, store.find(id) ?? container, "kill", { signal: String(signal) });
    if (signal !== parseSignal("KILL")) return;
    if (state.status === "paused") await task.resume();
    await abortable(this.#context.live(id).ended, AbortSignal.timeout(KILL_GRACE_MS));
  }

  async pause(ref: string): Promise<void> {
    const { store, locks } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id);
    const { state } = store.get(id);
    if (state.status === "paused") throw new EngineError("Conflict", `container ${id} is already paused`);
    if (state.status !== "running") throw new EngineError("Conflict", `container ${id} is not running`);
    await this.#taskOf(id).pause();
    this.#health.unwatch(id);
    publish(this.#context, store.update(id, { state: { ...state, status: "paused" } }), "pause");
  }

  async unpause(ref: string): Promise<void> {
    const { store, locks } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id);
    const { state } = store.get(id);
    if (state.status !== "paused") throw new EngineError("Conflict", `Container ${id} is not paused`);
    await this.#taskOf(id).resume();
    const running = store.update(id, { state: { ...state, status: "running" } });
    this.#health.watch(running);
    publish(this.#context, running, "unpause");
  }

  #taskOf(id: string): Task {
    const { task } = this.#context.live(id);
    if (task === undefined) throw new EngineError("Conflict", `container ${id} is not running`);
    return task;
  }

  #giveUpRestart(id: string): void {
    const { store, live } = this.#context;
    const { state } = store.get(id);
    if (state.status !== "restarting") return;
    live(id).plannedRestart?.abort();
    const stopped = store.update(id, { state: { ...state, status: "exited" }, stoppedByUser: true });
    live(id).settle("stopped", { code: state.exit.code });
    publish(this.#context, stopped, "stop");
  }
}

function withoutAutoRemove(container: Container): Pick<Container, "spec"> {
  return { spec: { ...container.spec, host: { ...container.spec.host, autoRemove: false } } };
}

function signalToKill(ref: string, name: string): number {
  try {
    return parseSignal(name);
  } catch (error) {
    throw new EngineError("InvalidParameter", `cannot kill container: ${ref}: ${messageOf(error)}`, { cause: error });
  }
}
