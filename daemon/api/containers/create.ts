import { ContainerCreateBody, type ContainerCreateResponse } from "../../../sdk/contract/index.ts";
import type { Engine } from "../../engine/services.ts";
import { text } from "../http/query.ts";
import type { Route } from "../http/route.ts";
import { asOfVersion } from "./spec/as-of-version.ts";
import { parseCreateBody } from "./spec/container-spec.ts";

/** `POST /containers/create`. */
export function createRoute(engine: Engine): Route {
  return {
    method: "POST",
    path: "/containers/create",
    handle: async (request, response) => {
      const { apiVersion, query, signal } = request;
      const body = await request.json(ContainerCreateBody);
      const spec = asOfVersion(parseCreateBody(body), apiVersion);
      const { id, warnings } = await engine.containers.create(
        text(query, "name"),
        spec,
        text(query, "platform"),
        signal,
      );
      await response.json(201, { Id: id, Warnings: [...warnings] } satisfies ContainerCreateResponse);
    },
  };
}
