import type { ContainerPruneResponse, ContainerTop } from "../../../sdk/contract/index.ts";
import type { Engine } from "../../engine/services.ts";
import { filters } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { attachRoutes } from "./attach.ts";
import { createRoute } from "./create.ts";
import { laterRoutes } from "./later.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { inspectRoute, listRoute } from "./list.ts";
import { logsRoute } from "./logs.ts";
import { statsRoute } from "./stats.ts";
import { terminalSize } from "./terminal-size.ts";
import { updateRoute } from "./update.ts";
import { waitRoute } from "./wait.ts";

/** Everything below /containers, but the execs. */
export function containerRoutes(engine: Engine): readonly Route[] {
  return [
    createRoute(engine),
    listRoute(engine),
    inspectRoute(engine),
    ...lifecycleRoutes(engine),
    waitRoute(engine),
    updateRoute(engine),
    logsRoute(engine),
    ...attachRoutes(engine),
    resizeRoute(engine),
    topRoute(engine),
    statsRoute(engine),
    pruneRoute(engine),
    ...laterRoutes(),
  ];
}

/** `POST /containers/{id}/resize`. */
function resizeRoute({ containers }: Engine): Route {
  return {
    method: "POST",
    path: "/containers/:id/resize",
    handle: async ({ params, query }, response) => {
      const { rows, columns } = terminalSize(query);
      await containers.resize(params["id"] ?? "", rows, columns);
      await response.empty(200);
    },
  };
}

/** `GET /containers/{id}/top`. */
function topRoute({ containers }: Engine): Route {
  return {
    method: "GET",
    path: "/containers/:id/top",
    handle: async ({ params, query, signal }, response) => {
      const { titles, processes } = await containers.top(params["id"] ?? "", query.get("ps_args") ?? "", signal);
      const body: ContainerTop = { Titles: [...titles], Processes: processes.map((each) => [...each]) };
      await response.json(200, body);
    },
  };
}

/** `POST /containers/prune`. */
function pruneRoute({ containers }: Engine): Route {
  return {
    method: "POST",
    path: "/containers/prune",
    handle: async ({ query, signal }, response) => {
      const { deleted, spaceReclaimed } = await containers.prune(filters(query, ["until", "label", "label!"]), signal);
      const body: ContainerPruneResponse = { ContainersDeleted: [...deleted], SpaceReclaimed: spaceReclaimed };
      await response.json(200, body);
    },
  };
}
