import { setTimeout } from "node:timers/promises";
import type { ContainerContext } from "../containers/context.ts";
import { publish } from "../containers/context.ts";
import type { Container } from "../model/container.ts";
import type { Health, Healthcheck } from "../model/health.ts";
import { afterProbe, delayMs, probeCommand, timeoutMs } from "./healthcheck.ts";
import { probe } from "./probe.ts";

/** Of a timer: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

interface Monitor {
  health: Health;
  readonly stop: AbortController;
}

/**
 * Health of the containers that have a check. The record has the status, so that it holds over a restart of the daemon; the
 * results are forgotten with it. A container without a check costs nothing, and one with a check a timer.
 */
export class HealthMonitors {
  readonly #context: ContainerContext;
  readonly #monitors = new Map<string, Monitor>();

  constructor(context: ContainerContext) {
    this.#context = context;
  }

  /** Undefined: it has no check. */
  of({ id, health }: Pick<Container, "id" | "health">): Health | undefined {
    if (health === undefined) return undefined;
    return this.#monitors.get(id)?.health ?? { status: health, failingStreak: 0, log: [] };
  }

  /** Begins, or goes on where the record says. For one that runs; idempotent. */
  watch(container: Container): void {
    const { healthcheck, shell } = container.process;
    const command = probeCommand(healthcheck, shell);
    if (healthcheck === undefined || command === undefined) return;
    this.unwatch(container.id);
    const health = this.of({ id: container.id, health: container.health ?? "starting" });
    if (health === undefined) return;
    const monitor: Monitor = { health, stop: new AbortController() };
    this.#monitors.set(container.id, monitor);
    void this.#run(container, monitor, healthcheck, command);
  }

  /** A pause: what is known stays, and no more is asked. */
  unwatch(id: string): void {
    this.#monitors.get(id)?.stop.abort();
  }

  /** The run is over. */
  forget(id: string): void {
    this.unwatch(id);
    this.#monitors.delete(id);
  }

  async #run(container: Container, monitor: Monitor, check: Healthcheck, command: readonly string[]): Promise<void> {
    const { id, state } = container;
    const startedAt = "startedAt" in state ? state.startedAt : "";
    const { signal } = monitor.stop;
    try {
      for (;;) {
        const wait = delayMs(check, monitor.health, Date.now() - Date.parse(startedAt));
        await setTimeout(Math.min(wait, LONGEST_MS), undefined, { signal, ref: false });
        const result = await probe(this.#context, container, command, Math.min(timeoutMs(check), LONGEST_MS), signal);
        signal.throwIfAborted();
        this.#put(id, monitor, afterProbe(monitor.health, result, check, startedAt));
      }
    } catch (error) {
      if (!signal.aborted) this.#context.log.error("watching a container's health failed", { container: id, error });
    }
  }

  #put(id: string, monitor: Monitor, health: Health): void {
    const before = monitor.health.status;
    monitor.health = health;
    if (health.status === before) return;
    publish(
      this.#context,
      this.#context.store.update(id, { health: health.status }),
      `health_status: ${health.status}`,
    );
  }
}
