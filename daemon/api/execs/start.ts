import { ExecStartBody } from "../../../sdk/contract/index.ts";
import { isKind, messageOf } from "../../base/errors.ts";
import type { Engine } from "../../engine/services.ts";
import { framed } from "../containers/frames.ts";
import { consoleSizeOf } from "../containers/spec/host-spec.ts";
import { join } from "../containers/stdio.ts";
import type { ApiResponse, Route } from "../http/route.ts";

/** `POST /exec/{id}/start`: attached unless `Detach` says otherwise. */
export function startRoute({ execs }: Engine): Route {
  return {
    method: "POST",
    path: "/exec/:id/start",
    handle: async (request, response) => {
      const id = request.params["id"] ?? "";
      const body = await request.json(ExecStartBody);
      const detach = body.Detach ?? false;
      const tty = body.Tty ?? false;
      const { spec, state } = execs.get(id);
      const options = { detach, tty, consoleSize: tty ? consoleSizeOf(body.ConsoleSize) : undefined };
      const fresh = state.status === "created";
      try {
        const started = await execs.start(id, options, request.signal);
        if (started.stream === undefined) return await response.empty(200);
        using _ = { [Symbol.dispose]: () => void started.stream?.destroy() };
        await join(await response.hijack({ tty: started.tty }), started.stream, spec.attachStdin);
      } catch (error) {
        // Whoever attached learns from the stream that the command could not run, and its code from inspect.
        if (detach || !fresh || execs.get(id).state.status !== "exited" || !isKind(error, "InvalidParameter"))
          throw error;
        await report(response, spec.tty, messageOf(error));
      }
    },
  };
}

async function report(response: ApiResponse, tty: boolean, message: string): Promise<void> {
  const client = await response.hijack({ tty });
  client.resume();
  client.on("error", () => client.destroy());
  const { promise, resolve } = Promise.withResolvers<void>();
  client.once("close", resolve);
  client.end(framed(tty, "stdout", `${message}\r\n`));
  await promise;
}
