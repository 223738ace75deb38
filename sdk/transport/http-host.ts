import type { SocketEndpoint } from "./dial.ts";

/** The Host header. A unix socket has no name; some is needed, and this one tells whose request it is in a log. */
export function httpHost(endpoint: SocketEndpoint): string {
  if (endpoint.kind === "unix") return "slipway";
  return `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}
