import { rm } from "node:fs/promises";
import { EngineError, isKind } from "../../base/errors.ts";
import { parseSignal } from "../../oci/signals.ts";
import type { Container } from "../model/container.ts";
import { publish, type ContainerContext } from "./context.ts";
import { isLive } from "./list.ts";
import { imageSnapshots } from "./mount-sources.ts";
import { clear, release } from "./teardown.ts";

export interface RemoveOptions {
  readonly force: boolean;
  /** Anonymous volumes too. */
  readonly volumes: boolean;
}

/** Removal of containers. */
export class Removal {
  readonly #context: ContainerContext;

  constructor(context: ContainerContext) {
    this.#context = context;
  }

  async remove(ref: string, options: RemoveOptions, signal?: AbortSignal): Promise<void> {
    const { store, locks, live } = this.#context;
    const { id } = store.resolve(ref);
    if (store.get(id).state.status === "removing") {
      throw new EngineError("Conflict", `removal of container ${id} is already in progress`);
    }
    using _ = await locks.acquire(id, signal);
    const container = store.get(id);
    this.#refuseUnlessForced(container, options.force);
    live(id).plannedRestart?.abort();
    // Marked first, so that the end of its process brings no restart, and a crash from here on is finished at the next start.
    const marked = this.#markRemoving(container);
    await this.#killLocked(id);
    await live(id).ended;
    await this.#erase(marked, options.volumes);
  }

  /**
   * `--rm`: the record goes as soon as the run is over, and with it all that a client can see, so whoever waits hears of it at
   * once; the files follow. A crash in between leaves files that no record names, which the next start sweeps.
   */
  async removeAfterExit(id: string): Promise<void> {
    const { store, locks, live } = this.#context;
    using _ = await locks.acquire(id);
    const container = store.find(id);
    // Started again, or being removed by somebody who holds no lock any more.
    if (container === undefined || isLive(container) || container.state.status === "removing") return;
    const { ended } = live(id);
    await this.#forget(container, true);
    await ended;
    await this.#eraseFiles(container);
  }

  /** What a crash left half removed. */
  async finish(container: Container): Promise<void> {
    await release(this.#context, container);
    await clear(this.#context, container.id, undefined);
    await this.#erase(container, container.spec.host.autoRemove);
  }

  #refuseUnlessForced(container: Container, force: boolean): void {
    const { status } = container.state;
    if (force || (status !== "running" && status !== "paused" && status !== "restarting")) return;
    const advice =
      status === "paused"
        ? "container is paused and must be unpaused first"
        : `container is ${status}: stop the container before removing or force remove`;
    throw new EngineError("Conflict", `cannot remove container "${container.name}": ${advice}`);
  }

  #markRemoving(container: Container): Container {
    const { state } = container;
    const exit =
      "exit" in state
        ? state.exit
        : { code: "exitCode" in state ? (state.exitCode ?? 0) : 137, at: new Date().toISOString(), oomKilled: false };
    const startedAt = "startedAt" in state ? state.startedAt : "";
    return this.#context.store.update(container.id, {
      state: { status: "removing", exit, startedAt },
      stoppedByUser: true,
    });
  }

  async #killLocked(id: string): Promise<void> {
    const { task } = this.#context.live(id);
    if (task === undefined) return;
    try {
      await task.kill(parseSignal("KILL"), true);
      await task.resume();
    } catch (error) {
      if (!isKind(error, "Conflict")) throw error;
    }
  }

  /**
   * Everything outside the record first, the record last: a crash midway leaves a record in state `removing`, which the next
   * start takes up again.
   */
  async #erase(container: Container, withVolumes: boolean): Promise<void> {
    await this.#eraseFiles(container);
    await this.#forget(container, withVolumes);
  }

  async #eraseFiles(container: Container): Promise<void> {
    const { snapshots, paths } = this.#context;
    await snapshots.remove(container.id);
    for (const { key } of imageSnapshots(container)) await snapshots.remove(key);
    await rm(paths.dir(container.id), { recursive: true, force: true });
  }

  async #forget(container: Container, withVolumes: boolean): Promise<void> {
    const { id } = container;
    const { store, live, volumes } = this.#context;
    const last = store.get(id);
    store.delete(id);
    if (withVolumes) await volumes.removeAnonymousOf(container);
    publish(this.#context, last, "destroy");
    const code = "exit" in last.state ? last.state.exit.code : 0;
    live(id).settle("stopped", { code });
    live(id).settle("removed", { code });
    this.#context.forget(id);
  }
}
