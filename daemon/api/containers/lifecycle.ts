import type { Engine } from "../../engine/services.ts";
import { boolean, integer, text } from "../http/query.ts";
import type { ApiRequest, Route } from "../http/route.ts";
import { invalid, unsupported } from "./spec/invalid.ts";

/** Bytes of a body that says nothing: `null`, `{}` and a line's end. */
const NOTHING = 7;

/** The moves between the states of a container: each answers 204, or 304 where there is nothing to do. */
export function lifecycleRoutes({ containers }: Engine): readonly Route[] {
  const move = (
    method: Route["method"],
    path: string,
    act: (id: string, request: ApiRequest) => Promise<void>,
  ): Route => ({
    method,
    path,
    handle: async (request, response) => {
      await act(request.params["id"] ?? "", request);
      await response.empty(204);
    },
  });
  return [
    move("POST", "/containers/:id/start", async (id, { query, headers, signal }) => {
      if (Number(headers["content-length"] ?? 0) > NOTHING)
        throw invalid(
          "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
        );
      if (text(query, "checkpoint") !== undefined) throw unsupported("start from a checkpoint");
      await containers.start(id, { detachKeys: text(query, "detachKeys") }, signal);
    }),
    move("POST", "/containers/:id/stop", (id, { query, signal }) => containers.stop(id, stopOptions(query), signal)),
    move("POST", "/containers/:id/restart", (id, { query, signal }) =>
      containers.restart(id, stopOptions(query), signal),
    ),
    move("POST", "/containers/:id/kill", (id, { query }) => containers.kill(id, text(query, "signal") ?? "SIGKILL")),
    move("POST", "/containers/:id/pause", (id) => containers.pause(id)),
    move("POST", "/containers/:id/unpause", (id) => containers.unpause(id)),
    move("POST", "/containers/:id/rename", (id, { query }) => containers.rename(id, text(query, "name") ?? "")),
    move("DELETE", "/containers/:id", (id, { query, signal }) =>
      containers.remove(
        id,
        { force: boolean(query, "force"), volumes: boolean(query, "v"), link: boolean(query, "link") },
        signal,
      ),
    ),
  ];
}

function stopOptions(query: URLSearchParams): { readonly signal?: string; readonly timeout?: number } {
  return { signal: text(query, "signal"), timeout: integer(query, "t") };
}
