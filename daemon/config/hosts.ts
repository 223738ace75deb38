import { isIP } from "node:net";
import { EngineError } from "../base/errors.ts";

/** Where the daemon listens. */
export type Host =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  /** A socket that systemd has opened (sd_listen_fds(3)): its name or number, "" or "*" for all of them. */
  | { readonly kind: "fd"; readonly name: string };

export const DEFAULT_SOCKET = "/run/slipway/slipway.sock";
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** @throws EngineError InvalidParameter in dockerd's words. */
export function parseHost(text: string, tls: boolean): Host {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text.trim()) ?? [];
  switch (scheme) {
    case "unix": {
      const path = rest === "" ? DEFAULT_SOCKET : rest;
      if (!path.startsWith("/")) throw invalid(text, "the path of a unix socket is absolute");
      return { kind: "unix", path };
    }
    case "fd":
      return { kind: "fd", name: rest };
    case "tcp":
      return parseTcp(text, rest, tls);
    default:
      throw invalid(text, "it begins with none of unix://, tcp:// and fd://");
  }
}

function parseTcp(text: string, rest: string, tls: boolean): Host {
  const [, address = "", port = ""] = /^(\[[^\]]*\]|[^:/]*)(?::(\d*))?\/?$/.exec(rest) ?? [undefined, "?", ""];
  const plain = address.replace(/^\[|\]$/g, "");
  const known = plain === "" ? "127.0.0.1" : plain;
  if (isIP(known) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(known))
    throw invalid(text, "it is no address");
  const number = port === "" ? (tls ? TLS_PORT : PLAIN_PORT) : Number(port);
  if (number > 65535) throw invalid(text, "its port is none");
  return { kind: "tcp", address: known, port: number };
}

/** Only this machine reaches it. A name may resolve to anything, but for `localhost` (RFC 6761 section 6.3). */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

export function showHost(host: Host): string {
  switch (host.kind) {
    case "unix":
      return `unix://${host.path}`;
    case "fd":
      return `fd://${host.name}`;
    case "tcp":
      return `tcp://${isIP(host.address) === 6 ? `[${host.address}]` : host.address}:${host.port}`;
  }
}

function invalid(text: string, why: string): EngineError {
  return new EngineError("InvalidParameter", `invalid bind address ${JSON.stringify(text)}: ${why}`);
}
