import { PassThrough, type Duplex } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import { DETACH_DEFAULT, parseDetachKeys } from "../../oci/detach-keys.ts";
import type { AttachQuery } from "../services.ts";
import { publish, type ContainerContext } from "./context.ts";
import { DeferredStream } from "./deferred-stream.ts";
import { detachable } from "./detachable.ts";

/**
 * A client's stream on a container's stdio. One that has no process yet is attached to at its next start, so a client can
 * attach, then start, and miss nothing.
 */
export async function attach(
  context: ContainerContext,
  ref: string,
  query: AttachQuery,
  signal?: AbortSignal,
): Promise<{ readonly tty: boolean; readonly stream: Duplex }> {
  const container = context.store.resolve(ref);
  const { id, spec } = container;
  const keys = parseDetachKeys(query.detachKeys ?? DETACH_DEFAULT);
  if (container.state.status === "paused")
    throw new EngineError("Conflict", `container ${ref} is paused, unpause the container before attach`);
  if (container.state.status === "removing") throw new EngineError("Conflict", "container is marked for removal");
  const options = { stdin: query.stdin && spec.openStdin, stdout: query.stdout, stderr: query.stderr };
  if (!query.stream) return { tty: spec.tty, stream: nothing() };
  const live = context.live(id);
  const stream = await inner();
  publish(context, container, "attach");
  return {
    tty: spec.tty,
    stream: spec.tty && options.stdin ? detachable(stream, keys, () => publish(context, container, "detach")) : stream,
  };

  async function inner(): Promise<Duplex> {
    if (live.task !== undefined) return await live.task.attach(options, signal);
    const deferred = new DeferredStream();
    live.attachLater(deferred, options);
    return deferred;
  }
}

/** `stream=0`: only logs were asked for, which the API writes itself. */
function nothing(): Duplex {
  const stream = new PassThrough();
  stream.end();
  return stream;
}
