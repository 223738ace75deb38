import { ContainerCreateBody, type ContainerCreateResponse } from "../../../sdk/contract/index.ts";
import { isKind } from "../../base/errors.ts";
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
      const own = [...unheardHealthcheck(engine, id, body)];
      await response.json(201, { Id: id, Warnings: [...warnings, ...own] } satisfies ContainerCreateResponse);
    },
  };
}

/** A user's health check is refused; the image's cannot be, or most images would not start. */
function unheardHealthcheck(engine: Engine, id: string, body: ContainerCreateBody): readonly string[] {
  if (body.Healthcheck?.Test?.[0] === "NONE") return [];
  try {
    const test = engine.images.get(engine.containers.get(id).imageId).config.run.healthcheck?.test ?? [];
    if (test.length === 0 || test[0] === "NONE") return [];
    return ["The image's health check is not run: health checks are not supported yet."];
  } catch (error) {
    // Removed again by somebody else already: the id is still the answer.
    if (isKind(error, "NotFound")) return [];
    throw error;
  }
}
