import { mkdirSync } from "node:fs";
import { EngineError, kindOf, messageOf } from "../../base/errors.ts";
import type { Task } from "../../runtime/runtime.ts";
import { probeCommand } from "../health/healthcheck.ts";
import type { Container } from "../model/container.ts";
import { publish, type ContainerContext } from "./context.ts";
import type { Joined } from "../networks/container-networking.ts";
import type { LiveContainer } from "./live-container.ts";
import { releaseMounts, releaseRootfs } from "./teardown.ts";
import { prepareMounts, publishVolumes, releasePins } from "./mount-sources.ts";

export interface Launched {
  readonly task: Task;
  /** Its record, in which it runs. */
  readonly running: Container;
}

/**
 * From a record to a running process, and to the record that it runs: root file system, network, files, config.json, shim, runc.
 * All or nothing: what was made is undone in reverse when a step fails. A crash of the daemon midway leaves things that carry the container's id;
 * the next start of the daemon finds no task for it and tears them down.
 */
export async function launch(
  context: ContainerContext,
  container: Container,
  live: LiveContainer,
  signal?: AbortSignal,
): Promise<Launched> {
  await using undo = new AsyncDisposableStack();
  const { id, spec } = container;
  const { paths, snapshots, networking, runtime } = context;

  const rootfs = paths.rootfs(id);
  snapshots.mount(id, rootfs);
  undo.defer(() => releaseRootfs(context, id));

  undo.defer(() => releaseMounts(context, container));
  const mountSources = await prepareMounts(context, container, signal);

  const joined = joinNetworks(networking, container, paths.sandbox(id));
  undo.defer(() => networking.leave(joined.endpoints, paths.sandbox(id)));
  // Before it runs: a daemon that takes over what this one could not record as running must know its addresses and ports.
  if (joined.sandboxPath !== undefined) {
    context.store.update(id, { endpoints: joined.endpoints });
    undo.defer(() => forgetEndpoints(context, id));
  }

  mkdirSync(paths.dir(id), { recursive: true, mode: 0o710 });
  undo.defer(() => context.specs.release(id));
  const { spec: ociSpec } = await context.specs.build(container, {
    rootfs,
    sandboxPath: joined.sandboxPath,
    endpoints: joined.endpoints,
    mountSources,
  });

  // If the start fails from here on, they name an address that is free again, as they did before; the next start corrects them.
  context.specs.updateLinksTo({ ...container, endpoints: joined.endpoints });

  const task = await runtime.create(
    {
      id,
      spec: ociSpec,
      runtime: spec.host.runtime,
      stdin: spec.openStdin,
      stdinOnce: spec.stdinOnce,
      tty: spec.tty,
      consoleSize: spec.host.consoleSize,
      log: {
        path: spec.host.log.driver === "none" ? "" : paths.log(id),
        maxSize: spec.host.log.maxSize,
        maxFiles: spec.host.log.maxFile,
      },
    },
    signal,
  );
  undo.defer(() => task.delete());

  await live.connectPending(task);
  const { pid, startedAt } = await task.start(signal);
  // The last that can fail: what is not put down would run, and be nobody's.
  const running = recordRunning(context, container, { pid, startedAt, endpoints: joined.endpoints });
  undo.move();
  releasePins(context, id);
  publishVolumes(context, container, "mount");
  for (const [name, endpoint] of Object.entries(joined.endpoints)) {
    context.events.publish({
      type: "network",
      action: "connect",
      actor: endpoint.networkId,
      attributes: { container: id, name, type: "bridge" },
    });
  }
  publish(context, running, "start");
  return { task, running };
}

/** A record that cannot be written any more still names addresses that are given back: the next start puts others there. */
function forgetEndpoints({ store, log }: ContainerContext, id: string): void {
  try {
    store.update(id, { endpoints: {} });
  } catch (error) {
    log.warn("recording the end of a start failed", { container: id, error });
  }
}

function joinNetworks(networking: ContainerContext["networking"], container: Container, sandboxPath: string): Joined {
  try {
    return networking.join(container, sandboxPath);
  } catch (error) {
    const text = `failed to set up container networking: ${messageOf(error)}`;
    throw new EngineError(kindOf(error), text, { cause: error });
  }
}

/** How a failed start reads to a client, with the exit code that the record keeps. */
export function startError(error: unknown): { readonly error: EngineError; readonly exitCode: number } {
  const code =
    error instanceof Error && "exitCode" in error && typeof error.exitCode === "number" ? error.exitCode : 128;
  if (error instanceof EngineError) return { error, exitCode: code };
  return {
    error: new EngineError(
      "Internal",
      `failed to start the container: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    ),
    exitCode: code,
  };
}

function recordRunning(
  context: ContainerContext,
  container: Container,
  run: { readonly pid: number; readonly startedAt: string; readonly endpoints: Container["endpoints"] },
): Container {
  const before = container.state;
  const finishedAt =
    "exit" in before
      ? before.exit.at
      : before.status === "running" || before.status === "paused"
        ? before.finishedAt
        : undefined;
  return context.store.update(container.id, {
    state: { status: "running", pid: run.pid, startedAt: run.startedAt, finishedAt },
    endpoints: run.endpoints,
    health: probeCommand(container.process.healthcheck) === undefined ? undefined : "starting",
  });
}
