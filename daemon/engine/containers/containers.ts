import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { EngineError, kindOf, messageOf } from "../../base/errors.ts";
import { abortable } from "../../base/keyed-lock.ts";
import { nowRfc3339 } from "../../base/time.ts";
import { readLog } from "../../runtime/log-reader.ts";
import { HealthMonitors } from "../health/health-monitors.ts";
import type { Container } from "../model/container.ts";
import type {
  AttachQuery,
  ContainerDetails,
  Containers,
  Filters,
  ListedContainer,
  ListQuery,
  LogQuery,
  LogLine,
  StatsSample,
  WaitCondition,
  InterfaceCounters,
} from "../services.ts";
import { linkNames, shownLinks } from "../networks/legacy-links.ts";
import { attach } from "./attach.ts";
import { publish, type ContainerContext } from "./context.ts";
import { createContainer } from "./create.ts";
import { isLive, selectContainers } from "./list.ts";
import { Lifecycle, type StopOptions } from "./lifecycle.ts";
import { parseContainerName } from "./names.ts";
import { selectForPrune } from "./prune.ts";
import { Removal, type RemoveOptions } from "./removal.ts";
import { restoreContainers } from "./restore.ts";
import { Supervision } from "./supervision.ts";
import { processTable } from "./top.ts";
import { unlink } from "./unlink.ts";

export interface ContainerServiceDeps {
  readonly context: ContainerContext;
  /** How an image is called now, for lists. */
  readonly imageName: (container: Container) => string;
  readonly imageSize: (container: Container) => number;
  readonly ancestorIds: (ref: string) => readonly string[];
  readonly apparmorProfile: string;
  readonly hostMemory: number;
  readonly interfaceCounters: (pid: number) => Readonly<Record<string, InterfaceCounters>>;
}

/** The container service: one door to the parts that do the work. */
export class ContainerService implements Containers {
  readonly #deps: ContainerServiceDeps;
  readonly #context: ContainerContext;
  readonly #supervision: Supervision;
  readonly #lifecycle: Lifecycle;
  readonly #removal: Removal;
  readonly #health: HealthMonitors;

  constructor(deps: ContainerServiceDeps) {
    this.#deps = deps;
    this.#context = deps.context;
    this.#removal = new Removal(deps.context);
    this.#health = new HealthMonitors(deps.context);
    this.#supervision = new Supervision(deps.context, this.#health, {
      startAgain: (id, signal) => this.#lifecycle.startAgain(id, signal),
      removeAfterExit: (id) => this.#removal.removeAfterExit(id),
    });
    this.#lifecycle = new Lifecycle(deps.context, this.#supervision, this.#health);
  }

  /** Takes up what an earlier daemon left. Called once, before the API listens. */
  restore(): Promise<void> {
    return restoreContainers({
      context: this.#context,
      supervision: this.#supervision,
      removal: this.#removal,
      health: this.#health,
      start: (id) => this.#lifecycle.start(id),
    });
  }

  /** Resolves when what has ended is cleared away. */
  settled(): Promise<void> {
    return this.#supervision.settled();
  }

  create(...[name, spec, platform]: Parameters<Containers["create"]>): ReturnType<Containers["create"]> {
    return createContainer(this.#context, name, spec, platform);
  }

  get(ref: string): Container {
    return this.#context.store.resolve(ref);
  }

  async list(query: ListQuery, signal?: AbortSignal): Promise<readonly ListedContainer[]> {
    const { store } = this.#context;
    const { ancestorIds, imageName } = this.#deps;
    const selected = selectContainers(
      { all: () => store.all(), resolve: (ref) => store.resolve(ref), ancestorIds },
      query,
    );
    const links = linkNames(store.all());
    const listed = selected.map((container) => ({
      container,
      imageName: imageName(container),
      linkNames: links.get(container.id) ?? [],
    }));
    if (!query.size) return listed;
    return await Promise.all(
      listed.map(async (each) => ({ ...each, size: await this.size(each.container.id, signal) })),
    );
  }

  async size(ref: string, signal?: AbortSignal): Promise<{ readonly rw: number; readonly rootFs: number }> {
    const container = this.get(ref);
    const { bytes } = await this.#context.snapshots.usage(container.id, signal);
    return { rw: bytes, rootFs: bytes + this.#deps.imageSize(container) };
  }

  details(ref: string): ContainerDetails {
    const container = this.get(ref);
    const { id } = container;
    const { paths, snapshots, live, store } = this.#context;
    return {
      links: shownLinks(container, (linked) => store.find(linked)),
      imageName: this.#deps.imageName(container),
      sandboxPath: this.#sandboxOf(container),
      sandboxId: isLive(container) ? id : "",
      endpoints: container.endpoints,
      health: this.#health.of(container),
      execIds: [...live(id).execIds],
      hostnamePath: paths.hostname(id),
      hostsPath: paths.hosts(id),
      resolvConfPath: paths.resolvConf(id),
      logPath: container.logPath,
      apparmorProfile: container.spec.host.privileged ? "unconfined" : this.#deps.apparmorProfile,
      snapshot: { driver: snapshots.driver, data: { ...snapshots.describe(id), MergedDir: paths.rootfs(id) } },
    };
  }

  #sandboxOf(container: Container): string {
    const { state } = container;
    if (Object.values(container.endpoints).some((endpoint) => endpoint.hostInterface !== ""))
      return this.#context.paths.sandbox(container.id);
    return state.status === "running" || state.status === "paused" ? `/proc/${state.pid}/ns/net` : "";
  }

  start(ref: string, _options: { readonly detachKeys?: string }, signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(ref, signal);
  }
  stop(ref: string, options: StopOptions, signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.stop(ref, options, signal);
  }
  restart(ref: string, options: StopOptions, signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.restart(ref, options, signal);
  }
  kill(ref: string, signal: string): Promise<void> {
    return this.#lifecycle.kill(ref, signal);
  }
  pause(ref: string): Promise<void> {
    return this.#lifecycle.pause(ref);
  }
  unpause(ref: string): Promise<void> {
    return this.#lifecycle.unpause(ref);
  }
  remove(ref: string, options: RemoveOptions & { readonly link: boolean }, signal?: AbortSignal): Promise<void> {
    if (options.link) return unlink(this.#context, ref);
    return this.#removal.remove(ref, options, signal);
  }

  async rename(ref: string, name: string): Promise<void> {
    const { store, locks, networking } = this.#context;
    const { id } = store.resolve(ref);
    if (name === "") throw new EngineError("InvalidParameter", "Neither old nor new names may be empty");
    const parsed = parseContainerName(name);
    using _ = await locks.acquire(id);
    const before = store.get(id);
    if (before.name === parsed)
      throw new EngineError("InvalidParameter", "Renaming a container with the same name as its current name");
    publish(this.#context, renamed(), "rename", { oldName: `/${before.name}` });

    function renamed(): Container {
      try {
        const container = store.update(id, { name: parsed });
        if (isLive(container)) networking.renamed(container);
        return container;
      } catch (error) {
        const text = `Error when allocating new name: ${messageOf(error)}`;
        throw new EngineError(kindOf(error), text, { cause: error });
      }
    }
  }

  wait(ref: string, condition: WaitCondition, signal?: AbortSignal): ReturnType<Containers["wait"]> {
    const container = this.get(ref);
    const { state } = container;
    if (condition === "not-running" && !isLive(container)) {
      const code = "exit" in state ? state.exit.code : "exitCode" in state ? (state.exitCode ?? 0) : 0;
      // Its end may be recorded and not yet cleared away.
      return Promise.resolve({
        result: abortable(this.#context.live(container.id).ended, signal).then(() => ({ code })),
      });
    }
    return Promise.resolve({ result: this.#context.live(container.id).wait(condition, signal) });
  }

  async update(ref: string, change: Parameters<Containers["update"]>[1]): ReturnType<Containers["update"]> {
    const { store, locks, live } = this.#context;
    const { id } = store.resolve(ref);
    using _ = await locks.acquire(id);
    const container = store.get(id);
    if (container.state.status === "removing")
      throw new EngineError(
        "Conflict",
        `Cannot update container ${id}: container is marked for removal and cannot be "update"`,
      );
    if (change.restartPolicy !== undefined && change.restartPolicy.name !== "no" && container.spec.host.autoRemove) {
      throw new EngineError(
        "InvalidParameter",
        "Restart policy cannot be updated because AutoRemove is enabled for the container",
      );
    }
    const limits = change.resources === undefined ? undefined : this.#context.specs.limits(change.resources);
    if (limits !== undefined) await live(id).task?.update(limits.resources);
    const updated = store.update(id, { spec: { ...container.spec, host: { ...container.spec.host, ...change } } });
    publish(this.#context, updated, "update");
    return { warnings: limits?.warnings ?? [] };
  }

  logs(
    ref: string,
    query: LogQuery,
    signal: AbortSignal,
  ): Promise<{ readonly tty: boolean; readonly lines: AsyncIterable<LogLine> }> {
    const container = this.get(ref);
    const { spec, id, logPath } = container;
    if (spec.host.log.driver !== "json-file")
      throw new EngineError("NotImplemented", "configured logging driver does not support reading");
    const follow = query.follow && isLive(container) ? this.#whenOver(id) : undefined;
    return Promise.resolve({ tty: spec.tty, lines: readLog(logPath, { ...query, over: follow }, signal) });
  }

  /** Settles when no more log lines can come: the container stopped for good, or is gone. */
  #whenOver(id: string): Promise<void> {
    return this.#context
      .live(id)
      .wait("not-running")
      .then(() => undefined);
  }

  attach(ref: string, query: AttachQuery, signal?: AbortSignal): ReturnType<Containers["attach"]> {
    return attach(this.#context, ref, query, signal);
  }

  async resize(ref: string, rows: number, columns: number): Promise<void> {
    const container = this.get(ref);
    const { id } = container;
    const { task } = this.#context.live(id);
    if (task === undefined) throw new EngineError("Conflict", `container ${id} is not running`);
    await task.resize(rows, columns);
    publish(this.#context, container, "resize", { height: String(rows), width: String(columns) });
  }

  async top(ref: string, psArgs: string, signal?: AbortSignal): ReturnType<Containers["top"]> {
    const { id, state } = this.get(ref);
    const { task } = this.#context.live(id);
    if (state.status === "restarting")
      throw new EngineError("Conflict", `Container ${id} is restarting, wait until the container is running`);
    if (task === undefined) throw new EngineError("Conflict", `container ${id} is not running`);
    return await processTable(psArgs, await task.processes(), signal);
  }

  async stats(ref: string): Promise<StatsSample | undefined> {
    const container = this.get(ref);
    const { task } = this.#context.live(container.id);
    const { state } = container;
    if (task === undefined || (state.status !== "running" && state.status !== "paused")) return undefined;
    const taskStats = await task.stats();
    const { hostMemory, interfaceCounters } = this.#deps;
    const { limit } = taskStats.memory;
    return {
      id: container.id,
      name: container.name,
      readAt: nowRfc3339(),
      task: taskStats,
      systemCpuNs: await systemCpuNs(),
      onlineCpus: cpus().length,
      networks: container.spec.host.network === "host" ? {} : interfaceCounters(state.pid),
      memoryLimit: limit > 0 && limit < hostMemory ? limit : hostMemory,
    };
  }

  async prune(filters: Filters, signal?: AbortSignal): ReturnType<Containers["prune"]> {
    const deleted: string[] = [];
    let spaceReclaimed = 0;
    for (const { id } of selectForPrune(this.#context.store.all(), filters)) {
      signal?.throwIfAborted();
      const { rw } = await this.size(id, signal);
      await this.#removal.remove(id, { force: false, volumes: false }, signal);
      spaceReclaimed += rw;
      deleted.push(id);
    }
    this.#context.events.publish({
      type: "container",
      action: "prune",
      actor: "",
      attributes: { reclaimed: String(spaceReclaimed) },
    });
    return { deleted, spaceReclaimed };
  }
}

/** All modes of all CPUs since boot, in nanoseconds (proc(5), /proc/stat: units of 10 ms). */
async function systemCpuNs(): Promise<number> {
  const stat = await readFile("/proc/stat", "latin1");
  const fields = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/).slice(1, 9);
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) * 1e7;
}
