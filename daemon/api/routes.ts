import type { Engine } from "../engine/services.ts";
import { absentRoutes } from "./absent.ts";
import { containerRoutes } from "./containers/routes.ts";
import { execRoutes } from "./execs/routes.ts";
import type { Route } from "./http/route.ts";
import { imageRoutes } from "./images/routes.ts";
import { networkRoutes } from "./networks/routes.ts";
import { slipwayRoutes } from "./slipway/routes.ts";
import { systemRoutes } from "./system/routes.ts";
import { volumeRoutes } from "./volumes/routes.ts";

/** Every route of the API: one table for requests and upgrades. */
export function apiRoutes(engine: Engine): readonly Route[] {
  return [
    ...systemRoutes(engine),
    ...containerRoutes(engine),
    ...execRoutes(engine),
    ...imageRoutes(engine),
    ...volumeRoutes(engine),
    ...networkRoutes(engine),
    ...slipwayRoutes(engine),
    ...absentRoutes(),
  ];
}
