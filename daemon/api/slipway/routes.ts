import type { Engine } from "../../engine/services.ts";
import type { Route } from "../http/route.ts";
import { fileRoutes } from "./file-routes.ts";

/** Everything below /slipway: what Docker's API has not. */
export function slipwayRoutes({ volumes }: Engine): readonly Route[] {
  return fileRoutes("/slipway/volumes/:name", ({ params, signal }) => volumes.openFiles(params["name"] ?? "", signal));
}
