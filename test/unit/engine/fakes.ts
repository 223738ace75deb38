import { duplexPair, type Duplex } from "node:stream";
import { EngineError } from "../../../daemon/base/errors.ts";
import type { ExitStatus } from "../../../daemon/base/exit-status.ts";
import { KeyedLock } from "../../../daemon/base/keyed-lock.ts";
import { silent } from "../../../daemon/base/logger.ts";
import { ContainerService } from "../../../daemon/engine/containers/containers.ts";
import { ContainerStore } from "../../../daemon/engine/containers/container-store.ts";
import type { ContainerContext } from "../../../daemon/engine/containers/context.ts";
import { LiveContainer } from "../../../daemon/engine/containers/live-container.ts";
import { ContainerPaths } from "../../../daemon/engine/containers/paths.ts";
import { EventBus } from "../../../daemon/engine/events.ts";
import type { ContainerSpec, HostSpec } from "../../../daemon/engine/model/container.ts";
import type { Image } from "../../../daemon/engine/model/image.ts";
import type { Collection, Metadata } from "../../../daemon/metadata/collection.ts";
import type { ExecTask, Runtime, Task, TaskOptions } from "../../../daemon/runtime/runtime.ts";

/** Records in memory, shared by the engines of one test as a disk would be. */
export function memoryMetadata(): Metadata {
  const tables = new Map<string, Map<string, unknown>>();
  return {
    collection<T>(name: string): Collection<T> {
      const rows = (tables.get(name) ?? new Map<string, unknown>()) as Map<string, T>;
      tables.set(name, rows);
      return {
        find: (id) => rows.get(id),
        put: (id, record) => void rows.set(id, structuredClone(record)),
        delete: (id) => void rows.delete(id),
        findByKey: () => undefined,
        all: () => rows.values(),
      };
    },
    transaction: (body) => body(),
    [Symbol.dispose]: () => undefined,
  };
}

/** A task whose end and signals the test decides. */
export class FakeTask implements Task {
  readonly id: string;
  readonly signals: number[] = [];
  pid: number | undefined;
  paused = false;
  deleted = false;
  /** Which signals end it; by default all but 0. */
  diesOf: (signal: number) => boolean = () => true;
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly exited = this.#exit.promise;
  readonly clients: Duplex[] = [];

  constructor(id: string) {
    this.id = id;
  }

  start(): Promise<{ pid: number; startedAt: string }> {
    this.pid = 4242;
    return Promise.resolve({ pid: 4242, startedAt: new Date().toISOString() });
  }
  end(code: number): void {
    for (const client of this.clients) client.end();
    this.#exit.resolve({ code, at: new Date().toISOString(), oomKilled: false });
  }
  kill(signal: number): Promise<void> {
    this.signals.push(signal);
    if (this.diesOf(signal)) this.end(128 + signal);
    return Promise.resolve();
  }
  attach(): Promise<Duplex> {
    const [outer, inner] = duplexPair();
    this.clients.push(inner);
    return Promise.resolve(outer);
  }
  pause(): Promise<void> {
    this.paused = true;
    return Promise.resolve();
  }
  resume(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  delete(): Promise<void> {
    this.deleted = true;
    return Promise.resolve();
  }
  exec(): Promise<ExecTask> {
    return Promise.reject(new EngineError("NotImplemented", "exec in a fake"));
  }
  resize = (): Promise<void> => Promise.resolve();
  update = (): Promise<void> => Promise.resolve();
  processes = (): Promise<readonly number[]> => Promise.resolve([]);
  stats = (): Promise<never> => Promise.reject(new EngineError("NotImplemented", "stats in a fake"));
  [Symbol.asyncDispose] = (): Promise<void> => this.delete();
}

/** Tasks outlive the engine that made them, as shims do. */
export class FakeRuntime implements Runtime {
  readonly runtimes = { runc: "runc" };
  readonly tasks: FakeTask[] = [];
  readonly ended = new Map<string, ExitStatus>();
  failNextStart: Error | undefined;

  create(options: TaskOptions): Promise<Task> {
    const task = new FakeTask(options.id);
    const failure = this.failNextStart;
    if (failure !== undefined) {
      this.failNextStart = undefined;
      task.start = () => Promise.reject(failure);
    }
    this.tasks.push(task);
    return Promise.resolve(task);
  }
  adopt(id: string): Promise<Task | ExitStatus | undefined> {
    return Promise.resolve(this.ended.get(id) ?? this.tasks.findLast((task) => task.id === id && !task.deleted));
  }
  list(): Promise<readonly string[]> {
    return Promise.resolve([
      ...this.ended.keys(),
      ...this.tasks.filter((task) => !task.deleted).map((task) => task.id),
    ]);
  }
  cleanup(id: string): Promise<void> {
    this.ended.delete(id);
    return Promise.resolve();
  }
  get last(): FakeTask {
    const task = this.tasks.at(-1);
    if (task === undefined) throw new Error("no task was made");
    return task;
  }
}

const HOST = {
  mounts: [],
  autoRemove: false,
  restartPolicy: { name: "no", maximumRetryCount: 0 },
  log: { driver: "none", maxSize: 0, maxFile: 1, options: {} },
  network: "none",
  binds: [],
};

export function specOf(host: Partial<HostSpec> = {}): ContainerSpec {
  return {
    image: "busybox",
    cmd: ["true"],
    env: [],
    user: "",
    workingDir: "",
    hostname: "",
    labels: {},
    volumes: [],
    exposedPorts: [],
    host: { ...HOST, ...host },
  } as unknown as ContainerSpec;
}

const IMAGE = {
  id: "sha256:1",
  tags: ["docker.io/library/busybox:latest"],
  config: {
    os: "linux",
    architecture: "amd64",
    run: { env: [], volumes: [], exposedPorts: [], labels: {}, user: "", workingDir: "" },
  },
} as unknown as Image;

/** A container service over fakes; a second one on the same metadata and runtime is "the daemon started again". */
export async function startEngine(
  root: string,
  runtime: FakeRuntime,
  metadata: Metadata,
): Promise<{ readonly service: ContainerService; readonly events: EventBus }> {
  const lives = new Map<string, LiveContainer>();
  const events = new EventBus();
  const context = {
    store: new ContainerStore(metadata),
    live(id: string) {
      const live = lives.get(id) ?? new LiveContainer(id);
      lives.set(id, live);
      return live;
    },
    forget: (id: string) => void lives.delete(id),
    locks: new KeyedLock(),
    paths: new ContainerPaths(root, root),
    runtime,
    snapshots: {
      describe: () => ({}),
      mount: () => undefined,
      unmount: () => Promise.resolve(),
      prepare: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    },
    networking: {
      check: () => undefined,
      join: () => ({ sandboxPath: undefined, endpoints: {} }),
      leave: () => undefined,
      restore: () => undefined,
    },
    volumes: {
      resolve: () => Promise.resolve([]),
      hold: () => Promise.resolve(),
      release: () => Promise.resolve(),
      restore: () => undefined,
      settle: () => Promise.resolve(),
      acquireFor: () => Promise.resolve([]),
      released: () => undefined,
      removeAnonymousOf: () => Promise.resolve(),
    },
    pins: { list: () => [], release: () => undefined },
    specs: {
      validate: () => Promise.resolve([]),
      release: () => undefined,
      build: () => Promise.resolve({ spec: {}, warnings: [] }),
      updateLinksTo: () => undefined,
    },
    images: { get: () => IMAGE, chainOf: () => [] },
    events,
    log: silent,
  } as unknown as ContainerContext;
  const service = new ContainerService({
    context,
    imageName: () => "busybox",
    imageSize: () => 0,
    ancestorIds: () => [],
    apparmorProfile: "",
    hostMemory: 1,
    interfaceCounters: () => ({}),
  });
  await service.restore();
  return { service, events };
}
