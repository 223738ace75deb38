import { EngineError } from "../base/errors.ts";
import type { Route } from "./http/route.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;

/** What Docker has and this engine has not, said by name; clients that can do without go on. */
export function absentRoutes(): readonly Route[] {
  return [...missingRoutes(), ...swarmRoutes(), ...pluginRoutes()];
}

function refused(method: Route["method"], path: string, message: string, kind: EngineError["kind"]): Route {
  return { method, path, handle: () => Promise.reject(new EngineError(kind, message)) };
}

function missingRoutes(): readonly Route[] {
  const missing = [
    ["POST", "/build", "build"],
    ["POST", "/build/prune", "build prune"],
    ["POST", "/build/cancel", "build cancel"],
    // BuildKit's two doors, knocked at with `Upgrade: h2c`.
    ["POST", "/grpc", "BuildKit over /grpc"],
    ["POST", "/session", "BuildKit over /session"],
    ["GET", "/images/search", "search"],
  ] as const;
  return missing.map(([method, path, name]) => refused(method, path, `${name} is not supported yet`, "NotImplemented"));
}

const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

function swarmRoutes(): readonly Route[] {
  const groups = ["nodes", "services", "tasks", "secrets", "configs"];
  const paths = groups.flatMap((group) => [`/${group}`, `/${group}/:id`, `/${group}/:id/:verb`]);
  return [
    ...METHODS.flatMap((method) => paths.map((path) => refused(method, path, NO_MANAGER, "Unavailable"))),
    refused("GET", "/swarm", NO_MANAGER, "Unavailable"),
    refused("GET", "/swarm/unlockkey", NO_MANAGER, "Unavailable"),
    refused("POST", "/swarm/update", NO_MANAGER, "Unavailable"),
    refused("POST", "/swarm/unlock", NO_MANAGER, "Unavailable"),
    refused("PUT", "/volumes/:name", NO_MANAGER, "Unavailable"),
    refused("POST", "/swarm/leave", "This node is not part of a swarm", "Unavailable"),
    refused("POST", "/swarm/init", "swarm mode is not supported", "NotImplemented"),
    refused("POST", "/swarm/join", "swarm mode is not supported", "NotImplemented"),
  ];
}

function pluginRoutes(): readonly Route[] {
  const unknown: Route["handle"] = ({ params }) =>
    Promise.reject(new EngineError("NotFound", `plugin ${JSON.stringify(params["name"] ?? "")} not found`));
  return [
    { method: "GET", path: "/plugins", handle: (_, response) => response.json(200, []) },
    { method: "GET", path: "/plugins/:name/json", handle: unknown },
    { method: "DELETE", path: "/plugins/:name", handle: unknown },
    ...["enable", "disable", "upgrade", "set", "push"].map((verb): Route => ({
      method: "POST",
      path: `/plugins/:name/${verb}`,
      handle: unknown,
    })),
    refused("GET", "/plugins/privileges", "plugins are not supported", "NotImplemented"),
    refused("POST", "/plugins/pull", "plugins are not supported", "NotImplemented"),
    refused("POST", "/plugins/create", "plugins are not supported", "NotImplemented"),
  ];
}
