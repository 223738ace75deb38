import { closeSync } from "node:fs";
import { EngineError, errnoOf, messageOf } from "../base/errors.ts";
import { openPortSocket } from "../linux/port-socket.ts";
import { addressBytes } from "./cidr.ts";
import { relayDatagrams } from "./datagram-relay.ts";
import { proxyTo } from "./loopback-proxy.ts";
import type { PortRequest, PortTarget, PublishedPort } from "./network-driver.ts";
import type { PortMapping } from "./ruleset.ts";

/** How often another ephemeral port is tried, when the one that one family got is taken in the other. */
const EPHEMERAL_ATTEMPTS = 32;
const EVERY_ADDRESS = ["0.0.0.0", "::"] as const;

/** What the publication of one endpoint holds: sockets, and what belongs into the rules. */
interface Held {
  readonly published: readonly PublishedPort[];
  readonly mappings: readonly PortMapping[];
  readonly sockets: DisposableStack;
}

/**
 * Ports of the host that are published, each held by a socket so that nobody else gets it: neither another container nor a
 * program of the host. Packets do not come to these sockets: the kernel has rewritten them before.
 */
export class PublishedPorts implements Disposable {
  readonly #held = new Map<string, Held>();
  readonly #passesOn: boolean;

  /**
   * @param options `passesOn`: packets are not rewritten; they come to the sockets, and what they carry is passed on. Such
   *   ports are closed while there is no daemon, and containers see its address.
   */
  constructor(options: { readonly passesOn?: boolean } = {}) {
    this.#passesOn = options.passesOn ?? false;
  }

  /** All or none. @throws EngineError Conflict "port is already allocated". */
  hold(owner: string, requests: readonly PortRequest[], target: PortTarget): readonly PublishedPort[] {
    using undo = new DisposableStack();
    const published: PublishedPort[] = [];
    const passesOn = this.#passesOn;
    for (const request of requests) published.push(...holdRequest(request, { ...target, passesOn }, undo));
    const mappings = published
      .filter(({ hostPort }) => !passesOn || hostPort === 0)
      .flatMap((port) => mappingOf(port, target));
    this.#held.set(owner, { published, mappings, sockets: undo.move() });
    return published;
  }

  /** Idempotent. @returns what is to leave the rules. */
  release(owner: string): readonly PortMapping[] {
    const held = this.#held.get(owner);
    this.#held.delete(owner);
    held?.sockets.dispose();
    return held?.mappings ?? [];
  }

  /** The process ends: its sockets go, and the rules stay for the containers that live on. */
  [Symbol.dispose](): void {
    for (const { sockets } of this.#held.values()) sockets.dispose();
    this.#held.clear();
  }

  mappingsOf(owner: string): readonly PortMapping[] {
    return this.#held.get(owner)?.mappings ?? [];
  }

  all(): readonly PortMapping[] {
    return [...this.#held.values()].flatMap(({ mappings }) => mappings);
  }
}

/** Where a socket leads. */
interface Destination extends PortTarget {
  readonly passesOn: boolean;
}

function holdRequest(request: PortRequest, target: Destination, undo: DisposableStack): readonly PublishedPort[] {
  const last = Math.max(request.hostPort, request.hostPortEnd);
  const attempts = request.hostPort === 0 ? EPHEMERAL_ATTEMPTS : last - request.hostPort + 1;
  for (let n = 0; ; n++) {
    const port = request.hostPort === 0 ? 0 : request.hostPort + n;
    try {
      return holdPort(request, port, target, undo);
    } catch (error) {
      if (errnoOf(error) !== "EADDRINUSE" || n + 1 >= attempts) throw refusal(request, port, error);
    }
  }
}

/** One port on all of its addresses: the same on each. */
function holdPort(request: PortRequest, wanted: number, target: Destination, undo: DisposableStack): PublishedPort[] {
  using attempt = new DisposableStack();
  const { containerPort, protocol, hostIp } = request;
  const published: PublishedPort[] = [];
  let hostPort = wanted;
  const every = target.ipv4 === "" ? EVERY_ADDRESS.slice(1) : EVERY_ADDRESS;
  for (const address of hostIp === "" ? every : [hostIp]) {
    if (isRouted(address, target)) {
      published.push({ containerPort, protocol, hostIp: address, hostPort: 0 });
      continue;
    }
    const port = holdAddress({ ...request, hostIp: address }, hostPort, target, attempt);
    // Where nobody asked for IPv6 by name, a host without it publishes without it.
    if (port === undefined) continue;
    hostPort = port;
    published.push({ containerPort, protocol, hostIp: address, hostPort });
  }
  const sockets = attempt.move();
  undo.defer(() => sockets.dispose());
  return published;
}

/** Its clients come by the container's own address. */
function isRouted(hostIp: string, { routed = [] }: PortTarget): boolean {
  return routed.includes(hostIp.includes(":") ? 6 : 4);
}

function holdAddress(
  { protocol, hostIp, containerPort }: PortRequest,
  port: number,
  target: Destination,
  undo: DisposableStack,
): number | undefined {
  const address = addressBytes(hostIp);
  const ipv6 = address.byteLength === 16;
  // The kernel turns no IPv6 into IPv4, and routes nothing from ::1.
  const accepts = protocol === "tcp" && (ipv6 || target.passesOn);
  if (target.passesOn && protocol === "sctp")
    throw new EngineError("NotImplemented", "published ports of SCTP are not supported with firewall-respect");
  try {
    const socket = openPortSocket({ protocol, address, port, accepts });
    const to = { host: (ipv6 && target.ipv6) || target.ipv4 || (target.ipv6 ?? ""), port: containerPort };
    if (accepts) {
      const server = proxyTo(socket.fd, to);
      undo.defer(() => void server.close());
    } else if (target.passesOn) {
      const relay = relayDatagrams(socket.fd, ipv6 ? 6 : 4, to);
      undo.defer(() => relay[Symbol.dispose]());
    } else undo.defer(() => closeSync(socket.fd));
    return socket.port;
  } catch (error) {
    const missing = ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(errnoOf(error) ?? "");
    if (missing && hostIp === "::") return undefined;
    // A kernel without SCTP sockets still passes its packets on; it has nobody else to give the port to.
    if (protocol === "sctp" && errnoOf(error) === "EPROTONOSUPPORT" && port !== 0) return port;
    throw error;
  }
}

/** What the kernel rewrites: IPv4 always, IPv6 where the container has it. */
function mappingOf(port: PublishedPort, { ipv4, ipv6 }: PortTarget): readonly PortMapping[] {
  const family = port.hostIp.includes(":") ? 6 : 4;
  const address = family === 4 ? ipv4 : ipv6;
  if (address === undefined || address === "") return [];
  return [{ ...port, family, address }];
}

function refusal({ hostIp, protocol, containerPort }: PortRequest, port: number, error: unknown): EngineError {
  const host = hostIp === "" ? "0.0.0.0" : hostIp;
  const shown = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (errnoOf(error) === "EADDRINUSE")
    return new EngineError("Conflict", `Bind for ${shown} failed: port is already allocated`, { cause: error });
  const kind = errnoOf(error) === "EADDRNOTAVAIL" ? "InvalidParameter" : "Internal";
  const text = `failed to bind host port ${shown} for ${containerPort}/${protocol}: ${messageOf(error)}`;
  return new EngineError(kind, text, { cause: error });
}
