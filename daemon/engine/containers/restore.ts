import { rm } from "node:fs/promises";
import type { ExitStatus } from "../../base/exit-status.ts";
import { messageOf } from "../../base/errors.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { HealthMonitors } from "../health/health-monitors.ts";
import type { Container } from "../model/container.ts";
import { type ContainerContext } from "./context.ts";
import { isLive } from "./list.ts";
import type { Removal } from "./removal.ts";
import { wantsStartWithDaemon } from "./restart-policy.ts";
import type { Supervision } from "./supervision.ts";
import { clear, strayIds } from "./teardown.ts";

export interface RestoreDeps {
  readonly context: ContainerContext;
  readonly supervision: Supervision;
  readonly removal: Removal;
  readonly health: HealthMonitors;
  readonly start: (id: string) => Promise<void>;
}

/**
 * A new daemon takes up the containers of the one before: those that run are connected to again, those that ended meanwhile
 * get their exit code, half removed ones are removed, policies go on. Nothing needs repair by hand.
 */
export async function restoreContainers(deps: RestoreDeps): Promise<void> {
  const { context } = deps;
  const traces = new Set(await context.runtime.list());
  const all = context.store.all();
  const running = all.filter((container) => traces.has(container.id) || isLive(container));
  context.networking.restore(running);
  // Before any of them is found to have ended: what others still use must not go with it.
  context.volumes.restore(running);
  for (const id of context.pins.list()) context.pins.release(id);
  await Promise.all(all.map((container) => restoreOne(deps, container, traces.has(container.id))));
  await context.volumes.settle();
  for (const id of traces) {
    if (context.store.find(id) === undefined) await context.runtime.cleanup(id);
  }
  // What an automatic removal had not come to: its record went first.
  for (const id of strayIds(context)) {
    await clear(context, id, undefined);
    await rm(context.paths.dir(id), { recursive: true, force: true });
  }
}

async function restoreOne(deps: RestoreDeps, container: Container, hasTrace: boolean): Promise<void> {
  const { context, removal } = deps;
  const { id } = container;
  try {
    if (container.state.status === "removing") return await removal.finish(container);
    // Whatever the record says: the daemon may have died between runc's success and its own word of it.
    if ((hasTrace || isRunning(container)) && (await reconnect(deps, container))) return;
    await takeUp(deps, container);
  } catch (error) {
    context.log.error("restoring a container failed", { container: id, error });
  }
}

/** One that does not run. */
async function takeUp(deps: RestoreDeps, container: Container): Promise<void> {
  const { context, supervision, removal } = deps;
  // Of a start that was under way.
  if (Object.keys(container.endpoints).length > 0) context.store.update(container.id, { endpoints: {} });
  if (container.state.status === "restarting") await supervision.takeUp(context.live(container.id), container);
  else if (container.spec.host.autoRemove && container.state.status === "exited") await removal.finish(container);
  else if (wantsStartWithDaemon(container)) startLater(deps, container.id);
}

/** @returns whether it runs, or did when the daemon died: then it is under supervision, or its end was handled. */
async function reconnect({ context, supervision, health, start }: RestoreDeps, container: Container): Promise<boolean> {
  const { id, state } = container;
  const found = await context.runtime.adopt(id);
  if (found !== undefined && "exited" in found && found.pid !== undefined) {
    const startedAt = "startedAt" in state ? state.startedAt : nowRfc3339();
    const status = state.status === "paused" ? "paused" : "running";
    const running = context.store.update(id, { state: { status, pid: found.pid, startedAt } });
    supervision.watch(context.live(id), found);
    if (status === "running") health.watch(running);
    return true;
  }
  if (found !== undefined && "exited" in found) await found.delete();
  if (!isRunning(container)) {
    // A start that was under way and never acknowledged, or an end that was recorded and not cleared away.
    context.networking.leave(container.endpoints, context.paths.sandbox(id));
    await clear(context, id, undefined);
    await context.volumes.release(container);
    return false;
  }
  const exit: ExitStatus =
    found !== undefined && "code" in found
      ? found
      : { code: 137, at: nowRfc3339(), oomKilled: false, error: "its end was not seen" };
  await supervision.ended(context.live(id), undefined, exit);
  const after = context.store.find(id);
  // After a reboot nobody saw it end, and its policy may want it with the daemon even though it exited "cleanly".
  if (found === undefined && after?.state.status === "exited" && wantsStartWithDaemon(after))
    startLater({ context, start }, id);
  return true;
}

function isRunning(container: Container): boolean {
  return container.state.status === "running" || container.state.status === "paused";
}

/** Not awaited: the API answers while policies start their containers. */
function startLater({ context, start }: Pick<RestoreDeps, "context" | "start">, id: string): void {
  start(id).catch((error: unknown) =>
    context.log.warn("start with the daemon failed", { container: id, error: messageOf(error) }),
  );
}
