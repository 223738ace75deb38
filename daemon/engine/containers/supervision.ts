import type { ExitStatus } from "../../base/exit-status.ts";
import { isKind, messageOf } from "../../base/errors.ts";
import type { Task } from "../../runtime/runtime.ts";
import type { Container } from "../model/container.ts";
import { publish, type ContainerContext } from "./context.ts";
import { tearDown } from "./launch.ts";
import type { LiveContainer } from "./live-container.ts";
import { nextDelay, wantsRestart } from "./restart-policy.ts";

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

  constructor(context: ContainerContext, actions: PolicyActions) {
    this.#context = context;
    this.#actions = actions;
  }

  /** From here on the task's end is handled. */
  watch(live: LiveContainer, task: Task): void {
    live.task = task;
    live.ended = task.exited.then((exit) => this.ended(live, task, exit));
  }

  /** The end of a run, seen live or found by a new daemon. Never rejects. */
  async ended(live: LiveContainer, task: Task | undefined, exit: ExitStatus): Promise<void> {
    const { store, log } = this.#context;
    const container = store.find(live.id);
    if (container === undefined) return;
    try {
      await tearDown(this.#context, container, task);
      live.task = undefined;
      this.#conclude(live, store.get(live.id), exit);
    } catch (error) {
      log.error("handling the end of a container failed", { container: live.id, error });
    }
  }

  #conclude(live: LiveContainer, container: Container, exit: ExitStatus): void {
    const { store } = this.#context;
    const { state } = container;
    const startedAt = "startedAt" in state ? state.startedAt : exit.at;
    if (exit.oomKilled) publish(this.#context, container, "oom");
    const again = wantsRestart(container, exit.code) && state.status !== "removing";
    const ended = store.update(live.id, {
      state: { status: state.status === "removing" ? "removing" : again ? "restarting" : "exited", exit, startedAt },
      endpoints: {},
      restartCount: container.restartCount + (again ? 1 : 0),
    });
    publish(this.#context, ended, "die", { exitCode: String(exit.code), ...duration(startedAt, exit.at) });
    if (again) {
      this.#planRestart(live, nextDelay(live.restartDelay, Date.parse(exit.at) - Date.parse(startedAt)));
      return;
    }
    live.settle("stopped", { code: exit.code, error: exit.error });
    if (ended.spec.host.autoRemove && state.status !== "removing") this.remove(live.id);
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
      this.#conclude(live, container, {
        ...container.state.exit,
        at: new Date().toISOString(),
        error: messageOf(error),
      });
    }
  }

  /** `--rm`: takes place when whoever holds the container's lock has let go. */
  remove(id: string): void {
    this.#actions.removeAfterExit(id).catch((error: unknown) => {
      if (!isKind(error, "NotFound")) this.#context.log.error("automatic removal failed", { container: id, error });
    });
  }
}

/** Docker tells the whole seconds that a run lasted. */
function duration(startedAt: string, at: string): { readonly execDuration: string } {
  return { execDuration: String(Math.max(0, Math.floor((Date.parse(at) - Date.parse(startedAt)) / 1000))) };
}
