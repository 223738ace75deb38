import { ExecCreateBody, type ExecCreateResponse } from "../../../sdk/contract/index.ts";
import type { Engine } from "../../engine/services.ts";
import { terminalSize } from "../containers/terminal-size.ts";
import type { Route } from "../http/route.ts";
import { parseExecBody } from "./exec-spec.ts";
import { execJson } from "./inspect.ts";
import { startRoute } from "./start.ts";

/** Processes added to running containers. */
export function execRoutes(engine: Engine): readonly Route[] {
  const { execs } = engine;
  return [
    {
      method: "POST",
      path: "/containers/:id/exec",
      handle: async (request, response) => {
        // An unknown container is the first thing to say, whatever the body is.
        const { id } = engine.containers.get(request.params["id"] ?? "");
        const body = await request.json(ExecCreateBody);
        const exec = await execs.create(id, parseExecBody(body));
        await response.json(201, { Id: exec } satisfies ExecCreateResponse);
      },
    },
    startRoute(engine),
    {
      method: "GET",
      path: "/exec/:id/json",
      handle: ({ params }, response) => response.json(200, execJson(execs.get(params["id"] ?? ""))),
    },
    {
      method: "POST",
      path: "/exec/:id/resize",
      handle: async ({ params, query }, response) => {
        const { rows, columns } = terminalSize(query);
        await execs.resize(params["id"] ?? "", rows, columns);
        await response.empty(200);
      },
    },
  ];
}
