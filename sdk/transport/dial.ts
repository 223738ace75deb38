import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Endpoint } from "./endpoint.ts";

/** An endpoint that a socket can be opened to; ssh goes through a relay (ssh-relay.ts) that makes it a unix one. */
export type SocketEndpoint = Exclude<Endpoint, { kind: "ssh" }>;

/**
 * Opens a byte stream to the engine. Half-open: ending it closes our direction only.
 * @throws the system error of connect(2) or of the TLS handshake.
 */
export async function dial(endpoint: SocketEndpoint, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = await open(endpoint);
  const ready = endpoint.kind === "tcp" && endpoint.tls !== undefined ? "secureConnect" : "connect";
  return await new Promise<Socket>((resolve, reject) => {
    const settle = (error?: Error): void => {
      signal?.removeEventListener("abort", onAbort);
      socket.off(ready, onReady).off("error", settle);
      if (error === undefined) return resolve(socket);
      // Its late errors are nobody's.
      socket.on("error", () => undefined).destroy();
      reject(error);
    };
    const onReady = (): void => settle();
    const onAbort = (): void => settle(signal?.reason as Error);
    socket.once(ready, onReady).once("error", settle);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

async function open(endpoint: SocketEndpoint): Promise<Socket> {
  const options: NetConnectOpts =
    endpoint.kind === "unix"
      ? { path: endpoint.path, allowHalfOpen: true }
      : { host: endpoint.host, port: endpoint.port, allowHalfOpen: true, noDelay: true };
  if (endpoint.kind === "unix" || endpoint.tls === undefined) return connect(options);
  // Loaded when wanted: TLS costs a command that talks to a unix socket 8 ms of start-up.
  const tls = await import("node:tls");
  return tls.connect({ ...(options as ConnectionOptions), ...tlsOptions(endpoint) });
}

/** Options of node:tls for an endpoint's certificates. */
export function tlsOptions(endpoint: Extract<SocketEndpoint, { kind: "tcp" }>): ConnectionOptions {
  const { ca, cert, key, verify = true } = endpoint.tls ?? {};
  const isAddress = /^[\d.]+$|:/.test(endpoint.host);
  return { ca, cert, key, rejectUnauthorized: verify, servername: isAddress ? "" : endpoint.host };
}
