import type { Engine } from "../../engine/services.ts";
import { boolean, filters, integer } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { imageVolumes } from "./image-volumes.ts";
import { inspectJson } from "./view/inspect.ts";
import { summaryJson } from "./view/summary.ts";

// prettier-ignore
const FILTERS = [
  "ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label", "name", "network", "publish",
  "since", "status", "volume",
];

/** `GET /containers/json`. */
export function listRoute(engine: Engine): Route {
  return {
    method: "GET",
    path: "/containers/json",
    handle: async ({ query, signal }, response) => {
      const limit = integer(query, "limit", 0);
      const listed = await engine.containers.list(
        {
          all: boolean(query, "all"),
          limit: limit > 0 ? limit : undefined,
          size: boolean(query, "size"),
          filters: filters(query, FILTERS),
        },
        signal,
      );
      await response.json(
        200,
        listed.map((each) => summaryJson(each)),
      );
    },
  };
}

/** `GET /containers/{id}/json`. */
export function inspectRoute(engine: Engine): Route {
  return {
    method: "GET",
    path: "/containers/:id/json",
    handle: async ({ params, query, signal }, response) => {
      const { containers } = engine;
      const { id } = containers.get(params["id"] ?? "");
      const size = boolean(query, "size") ? await containers.size(id, signal) : undefined;
      // Read after the wait, and together: what is shown was true at one moment.
      const container = containers.get(id);
      const volumes = imageVolumes(engine, container.imageId);
      await response.json(200, inspectJson(container, containers.details(id), volumes, size));
    },
  };
}
