import { AuthConfig, type AuthResponse } from "../../../sdk/contract/index.ts";
import type { Engine } from "../../engine/services.ts";
import type { ApiResponse, Route } from "../http/route.ts";
import { credentialsOf } from "../images/credentials.ts";
import { diskUsageRoute } from "./disk-usage.ts";
import { eventsRoute } from "./events.ts";
import { infoJson } from "./info.ts";
import { versionJson } from "./version.ts";

/** The daemon itself. */
export function systemRoutes(engine: Engine): readonly Route[] {
  const { system } = engine;
  return [
    ...pingRoutes(),
    {
      method: "GET",
      path: "/version",
      handle: (_, response) => response.json(200, versionJson(system.version())),
    },
    {
      method: "GET",
      path: "/info",
      handle: async ({ apiVersion }, response) => response.json(200, infoJson(await system.info(), apiVersion)),
    },
    eventsRoute(engine),
    diskUsageRoute(engine),
    authRoute(engine),
  ];
}

/** What clients find the daemon, its newest API and its builder by. */
function pingRoutes(): readonly Route[] {
  const headers = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": "2",
    // The classic builder's number: with 2 clients send their builds to BuildKit.
    "Builder-Version": "1",
    Swarm: "inactive",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    Pragma: "no-cache",
  };
  const handle = async (_: unknown, response: ApiResponse, body?: string): Promise<void> => {
    const stream = response.start(200, headers);
    if (body !== undefined) await stream.write(body);
    await stream.end();
  };
  return [
    { method: "GET", path: "/_ping", handle: (request, response) => handle(request, response, "OK") },
    { method: "HEAD", path: "/_ping", handle: (request, response) => handle(request, response) },
  ];
}

/** `POST /auth`. */
function authRoute({ images }: Engine): Route {
  return {
    method: "POST",
    path: "/auth",
    handle: async (request, response) => {
      const credentials = credentialsOf(await request.json(AuthConfig));
      const { status, identityToken } = await images.login(credentials, request.signal);
      await response.json(200, { Status: status, IdentityToken: identityToken } satisfies AuthResponse);
    },
  };
}
