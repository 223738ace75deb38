import type { ExitStatus } from "../../base/exit-status.ts";
import { isKind, messageOf } from "../../base/errors.ts";
import type { Task } from "../../runtime/runtime.ts";
import type { HealthMonitors } from "../health/health-monitors.ts";
import type { Container } from "../model/container.ts";
import { publish, type ContainerContext } from "./context.ts";
import type { LiveContainer } from "./live-container.ts";
import { nextDelay, wantsRestart } from "./restart-policy.ts";
import { clear, publishDisconnects, release } from "./teardown.ts";

/** What supervision asks of the rest of the service when a policy says so. */
export interface PolicyActions {
  startAgain(id: string, signal: AbortSignal): Promise<void>;
  removeAfterExit(id: string): Promise<void>;
}

/**
 * Watches tasks to their end and does what follows: record, resources, events, waiters, restart policy, removal.
 * It takes no lock: `stop` holds the container's lock while it waits for `live.ended`.
 */
export class Supervision {
  readonly #context: ContainerContext;
  readonly #actions: PolicyActions;
  readonly #health: HealthMonitors;
  /** Never rejects. */
  readonly #work = new Set<Promise<void>>();

  constructor(context: ContainerContext, health: HealthMonitors, actions: PolicyActions) {
    this.#context = context;
    this.#health = health;
    this.#actions = actions;
  }

  /** From here on the task's end is handled. */
  watch(live: LiveContainer, task: Task): void {
    live.task = task;
    live.ended = task.exited.then((exit) => this.ended(live, task, exit));
  }

  /**
   * The end of a run, seen live or found by a new daemon. With `--rm`, who waits for it hears of it as soon as what others may
   * want is free and the record is gone; what only the engine sees is cleared away after that. Never rejects.
   */
  ended(live: LiveContainer, task: Task | undefined, exit: ExitStatus): Promise<void> {
    return this.#track(this.#handleEnd(live, task, exit));
  }

  /** Resolves when nothing is being cleared away any more. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #track(work: Promise<void>): Promise<void> {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
    return work;
  }

  async #handleEnd(live: LiveContainer, task: Task | undefined, exit: ExitStatus): Promise<void> {
    const { store, log } = this.#context;
    const container = store.find(live.id);
    if (container === undefined) return;
    this.#health.forget(live.id);
    try {
      await release(this.#context, container);
      live.task = undefined;
      const clearing = new Clearing(() => clear(this.#context, live.id, task));
      const ended = await this.#recordOr(clearing, live.id, exit);
      publishDisconnects(this.#context, container);
      // With --rm nothing is left that a client could look at; otherwise it finds a container that holds nothing any more.
      if (!ended.spec.host.autoRemove) await clearing.done();
      if (ended.state.status !== "restarting") this.#conclude(live, ended, exit);
      await clearing.done();
      this.#goOn(live, ended, exit);
    } catch (error) {
      log.error("handling the end of a container failed", { container: live.id, error });
      // Its record says that it runs until the next start of the daemon; who waits for its end need not.
      live.settle("stopped", { code: exit.code, error: exit.error });
    }
  }

  /** On a full disk there may be room for the record once the run is cleared away. */
  async #recordOr(clearing: Clearing, id: string, exit: ExitStatus): Promise<Container> {
    try {
      return this.#record(this.#context.store.get(id), exit);
    } catch (error) {
      this.#context.log.warn("recording the end of a container failed", { container: id, error });
      await clearing.done();
      return this.#record(this.#context.store.get(id), exit);
    }
  }

  /** A restart that the daemon before this one had planned. Nothing of its last run is left, but for what a crash left. */
  async takeUp(live: LiveContainer, container: Container): Promise<void> {
    await clear(this.#context, live.id, undefined);
    if (container.state.status === "restarting") this.#goOn(live, container, container.state.exit);
  }

  /** Puts it down, and tells the world. */
  #record(container: Container, exit: ExitStatus): Container {
    const { state } = container;
    const startedAt = "startedAt" in state ? state.startedAt : exit.at;
    if (exit.oomKilled) publish(this.#context, container, "oom");
    const isRemoved = state.status === "removing";
    const again = !isRemoved && wantsRestart(container, exit.code);
    const ended = this.#context.store.update(container.id, {
      state: { status: isRemoved ? "removing" : again ? "restarting" : "exited", exit, startedAt },
      endpoints: {},
      // As on Docker, where what has ended is not healthy.
      ...(container.health !== undefined && { health: "unhealthy" as const }),
      restartCount: container.restartCount + (again ? 1 : 0),
    });
    publish(this.#context, ended, "die", { exitCode: String(exit.code), ...duration(startedAt, exit.at) });
    return ended;
  }

  #conclude(live: LiveContainer, { spec, state }: Container, exit: ExitStatus): void {
    live.settle("stopped", { code: exit.code, error: exit.error });
    if (spec.host.autoRemove && state.status !== "removing") this.remove(live.id);
  }

  #goOn(live: LiveContainer, { state }: Container, exit: ExitStatus): void {
    if (state.status !== "restarting") return;
    this.#planRestart(live, nextDelay(live.restartDelay, Date.parse(exit.at) - Date.parse(state.startedAt)));
  }

  #planRestart(live: LiveContainer, delay: number): void {
    live.restartDelay = delay;
    const planned = new AbortController();
    live.plannedRestart = planned;
    const timer = setTimeout(() => void this.#restart(live, planned.signal), delay);
    // A planned restart must not keep a daemon alive that was told to stop; the next one goes on with it.
    timer.unref();
    planned.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  async #restart(live: LiveContainer, signal: AbortSignal): Promise<void> {
    try {
      await this.#actions.startAgain(live.id, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#context.log.warn("restart by policy failed", { container: live.id, error: messageOf(error) });
      const container = this.#context.store.find(live.id);
      if (container?.state.status !== "restarting") return;
      // The start that failed is one more try: the policy decides again.
      const exit = { ...container.state.exit, at: new Date().toISOString(), error: messageOf(error) };
      const ended = this.#record(container, exit);
      if (ended.state.status !== "restarting") this.#conclude(live, ended, exit);
      this.#goOn(live, ended, exit);
    }
  }

  /** `--rm`: takes place when whoever holds the container's lock has let go. */
  remove(id: string): void {
    const removal = this.#actions.removeAfterExit(id).catch((error: unknown) => {
      if (!isKind(error, "NotFound")) this.#context.log.error("automatic removal failed", { container: id, error });
    });
    void this.#track(removal);
  }
}

/** Docker tells the whole seconds that a run lasted. */
function duration(startedAt: string, at: string): { readonly execDuration: string } {
  return { execDuration: String(Math.max(0, Math.floor((Date.parse(at) - Date.parse(startedAt)) / 1000))) };
}

/** Something to be done once, by whoever comes first. */
class Clearing {
  readonly #work: () => Promise<void>;
  #done: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  done(): Promise<void> {
    return (this.#done ??= this.#work());
  }
}
