import type { Engine } from "../engine/services.ts";
import type { Route } from "./http/route.ts";

/** Every route of the API: one table for requests and upgrades. */
export function apiRoutes(_engine: Engine): readonly Route[] {
  return [];
}
