import type { Route } from "../http/route.ts";
import { unsupported } from "./spec/invalid.ts";

/** What belongs to containers and is not there yet, refused by its name. */
export function laterRoutes(): readonly Route[] {
  const refused = (method: Route["method"], path: string, name: string): Route => ({
    method,
    path,
    handle: () => Promise.reject(unsupported(name)),
  });
  return [
    refused("POST", "/commit", "commit"),
    refused("GET", "/containers/:id/archive", "cp"),
    refused("HEAD", "/containers/:id/archive", "cp"),
    refused("PUT", "/containers/:id/archive", "cp"),
    refused("GET", "/containers/:id/export", "export"),
    refused("GET", "/containers/:id/changes", "diff"),
  ];
}
