import type { Engine } from "../../engine/services.ts";
import { boolean } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { streamType } from "./stream-type.ts";
import { logFormatter } from "./log-output.ts";
import { parseLogQuery } from "./log-query.ts";

/** `GET /containers/{id}/logs`. With a terminal the bytes are raw, otherwise framed by stream. */
export function logsRoute({ containers }: Engine): Route {
  return {
    method: "GET",
    path: "/containers/:id/logs",
    handle: async ({ params, query, signal, apiVersion }, response) => {
      const id = params["id"] ?? "";
      containers.get(id);
      const { tty, lines } = await containers.logs(id, parseLogQuery(query), signal);
      const format = logFormatter({
        tty,
        timestamps: boolean(query, "timestamps"),
        details: boolean(query, "details"),
      });
      const out = response.start(200, { "Content-Type": streamType(tty, apiVersion) });
      for await (const line of lines) await out.write(format(line));
      await out.end();
    },
  };
}
