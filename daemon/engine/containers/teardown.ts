import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Task } from "../../runtime/runtime.ts";
import type { Container } from "../model/container.ts";
import type { ContainerContext } from "./context.ts";
import { publishVolumes, releasePins } from "./mount-sources.ts";

/**
 * The end of a run in two halves. First what others may be waiting for: addresses, ports, volumes. It takes a millisecond and
 * comes before the record says that the container has ended. Idempotent, and tolerant of what a crash left.
 */
export async function release(context: ContainerContext, container: Container): Promise<void> {
  const { id } = container;
  await attempt(context, id, "leaving its networks", () =>
    context.networking.leave(container.endpoints, context.paths.sandbox(id)),
  );
  await attempt(context, id, "letting go of its volumes", () => releaseMounts(context, container));
}

export async function releaseMounts(context: ContainerContext, container: Container): Promise<void> {
  releasePins(context, container.id);
  await context.volumes.release(container);
}

/**
 * Ids of runs that a daemon before this one began to clear away, or to start, and that no record names any more: their
 * mounts, and the folders that containers have in the data root.
 */
export function strayIds(context: ContainerContext): readonly string[] {
  const { paths, store } = context;
  const folders = [dirname(paths.rootfs("x")), paths.all];
  const ids = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return [...new Set(ids)].filter((id) => store.find(id) === undefined);
}

/**
 * Then what only the engine sees: shim, cgroup, mounts. Nobody waits for it but the next start or the removal of the same
 * container. What a crash leaves of it is found by its id at the next start, whether a record still names it or not.
 */
export async function clear(context: ContainerContext, id: string, task: Task | undefined): Promise<void> {
  await attempt(context, id, "deleting the task", () =>
    task === undefined ? context.runtime.cleanup(id) : task.delete(),
  );
  await attempt(context, id, "releasing what its specification made", () => context.specs.release(id));
  await attempt(context, id, "unmounting its root", () => releaseRootfs(context, id));
}

export async function releaseRootfs(context: ContainerContext, id: string): Promise<void> {
  const rootfs = context.paths.rootfs(id);
  await context.snapshots.unmount(rootfs);
  // Only ever an empty mount point: if the unmount did not take, removing more would be removing the container's files.
  if (existsSync(rootfs)) rmdirSync(rootfs);
}

/** The events of a container's leaving; after its `die`. */
export function publishDisconnects(context: ContainerContext, container: Container): void {
  for (const [name, endpoint] of Object.entries(container.endpoints)) {
    if (endpoint.endpointId === "") continue;
    context.events.publish({
      type: "network",
      action: "disconnect",
      actor: endpoint.networkId,
      attributes: { container: container.id, name, type: "bridge" },
    });
  }
  publishVolumes(context, container, "unmount");
}

/** Each step is tried, and logged when it fails: one that is stuck must not keep the others. */
async function attempt(
  context: ContainerContext,
  id: string,
  what: string,
  step: () => void | Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    context.log.warn(`teardown: ${what} failed`, { container: id, error });
  }
}
