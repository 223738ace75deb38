import type { ContainerSummary } from "../../../sdk/contract/index.ts";
import type { Engine, ListedContainer } from "../../engine/services.ts";
import { boolean, filters, integer } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { imageShown } from "./image-shown.ts";
import { exposedPorts } from "./view/config.ts";
import { inspectJson } from "./view/inspect.ts";
import { summaryJson } from "./view/summary.ts";

// prettier-ignore
const FILTERS = [
  "ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label", "name", "network", "publish",
  "since", "status", "volume",
];

/** A listed container as `GET /containers/json` and `GET /system/df` show it. */
export function listedJson(engine: Engine, listed: ListedContainer): ContainerSummary {
  const { spec, imageId } = listed.container;
  return summaryJson(listed, exposedPorts(spec.exposedPorts, imageShown(engine, imageId)));
}

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
        listed.map((each) => listedJson(engine, each)),
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
      const image = imageShown(engine, container.imageId);
      await response.json(200, inspectJson(container, containers.details(id), image, size));
    },
  };
}
