import createRouter, { type HTTPMethod } from "find-my-way";
import type { Route } from "./route.ts";

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface Target {
  /** Without the version. */
  readonly path: string;
  /** As the prefix has it: `1.43`; undefined without one. */
  readonly version: string | undefined;
}

const VERSION = /^\/v(\d+\.\d+)(?=\/)/;

/** A request's path apart into the version and the rest; slashes that a client doubled are one. */
export function splitTarget(path: string): Target {
  const clean = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  const [prefix, version] = VERSION.exec(clean) ?? [];
  return { path: prefix === undefined ? clean : clean.slice(prefix.length), version };
}

const NAMED = ["/images/", "/distribution/", "/containers/"] as const;
/** The one action whose own name has a slash. */
const LONG_ACTION = "/attach/ws";

/**
 * Names of images and of links (`web/db`) have slashes, which a parameter of the router cannot hold: below these folders
 * everything up to the action (all of it in a DELETE) is one name, and its slashes are encoded.
 */
export function foldName(method: string, path: string): string {
  const folder = NAMED.find((each) => path.startsWith(each));
  if (folder === undefined) return path;
  const action = path.endsWith(LONG_ACTION) ? path.length - LONG_ACTION.length : path.lastIndexOf("/");
  const end = method === "DELETE" ? path.length : action;
  const name = path.slice(folder.length, end);
  return name.includes("/") ? folder + name.replaceAll("/", "%2F") + path.slice(end) : path;
}

/** The one table of routes, for requests and upgrades. */
export class Router {
  // Longer names than any limit of the engine are for the engine to refuse.
  readonly #table = createRouter({ maxParamLength: 8192, querystringParser: () => undefined });

  /** @throws Error when two routes are the same. */
  constructor(routes: Iterable<Route>) {
    for (const route of routes) this.#table.on(route.method, route.path, () => undefined, route);
  }

  find(method: string, path: string): Match | undefined {
    const found = this.#table.find(method as HTTPMethod, foldName(method, path));
    return found === null ? undefined : { route: found.store as Route, params: found.params as Match["params"] };
  }
}
