import type { Duplex } from "node:stream";
import { ExecStartBody } from "../../../sdk/contract/index.ts";
import { isKind, messageOf } from "../../base/errors.ts";
import type { Engine, Execs, ExecSpec } from "../../engine/services.ts";
import { framed } from "../containers/frames.ts";
import { consoleSizeOf } from "../containers/spec/host-spec.ts";
import { join } from "../containers/stdio.ts";
import type { Route } from "../http/route.ts";

/** `POST /exec/{id}/start`: attached unless `Detach` says otherwise. */
export function startRoute(engine: Engine): Route {
  const { execs } = engine;
  return {
    method: "POST",
    path: "/exec/:id/start",
    handle: async (request, response) => {
      const id = request.params["id"] ?? "";
      const body = await request.json(ExecStartBody);
      const detach = body.Detach ?? false;
      const tty = body.Tty ?? false;
      const { containerId, spec, state } = execs.get(id);
      const options = { detach, tty, consoleSize: tty ? consoleSizeOf(body.ConsoleSize) : undefined };
      const running = engine.containers.get(containerId).state.status === "running";
      // What the engine is going to refuse is refused with a status of its own.
      if (detach || state.status !== "created" || !running) {
        await execs.start(id, options, request.signal);
        return await response.empty(200);
      }
      // The head goes out before the process starts: docker-py loses output that comes in one piece with the head.
      const client = await response.hijack({ tty: spec.tty });
      await attach(execs, id, { options, spec, client, signal: request.signal });
    },
  };
}

interface Attachment {
  readonly options: Parameters<Execs["start"]>[1];
  readonly spec: ExecSpec;
  readonly client: Duplex;
  readonly signal: AbortSignal;
}

async function attach(execs: Execs, id: string, { options, spec, client, signal }: Attachment): Promise<void> {
  try {
    const { stream } = await execs.start(id, options, signal);
    if (stream === undefined) throw new Error(`exec ${id} has no stream`);
    using _ = { [Symbol.dispose]: () => void stream.destroy() };
    await join(client, stream, spec.attachStdin);
  } catch (error) {
    // Whoever attached learns from the stream that the command could not run, and its code from inspect.
    await report(client, spec.tty, messageOf(error));
    if (!isKind(error, "InvalidParameter")) throw error;
  }
}

async function report(client: Duplex, tty: boolean, message: string): Promise<void> {
  client.resume();
  client.on("error", () => client.destroy());
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once("close", resolve);
  client.end(framed(tty, "stdout", `${message}\r\n`));
  if (!client.destroyed) await promise;
}
