import type { Logger } from "../../base/logger.ts";
import { DatagramBatch } from "../../linux/datagrams.ts";
import { HostServers } from "./host-servers.ts";
import { Resolver, type ResolverView } from "./resolver.ts";
import { openSandboxSockets } from "./sandbox-sockets.ts";
import { SandboxServer } from "./sandbox-server.ts";
import { canonical, type Member, Zone } from "./zone.ts";

/** What a sandbox is answered from. */
export interface SandboxNames {
  /** In the order in which a name is looked for. */
  readonly networks: readonly SandboxNetwork[];
  /** False: no network of it leads out, so nothing is asked outside. */
  readonly hasWayOut: boolean;
  /** Servers that its user named, which are asked from inside of it; none: those of the host, asked from the host. */
  readonly servers: readonly string[];
  /** Names without a dot are not asked for outside. */
  readonly keepsPlainNames: boolean;
}

export interface SandboxNetwork {
  readonly id: string;
  readonly name: string;
  /** Of this sandbox in the network. */
  readonly addresses: readonly string[];
  /** Names that this sandbox alone has for members, to a name that they have. */
  readonly links: Readonly<Record<string, string>>;
}

/**
 * The names of containers: each sandbox asks 127.0.0.11 inside of itself and is answered by this process, from the networks that
 * it is on. Sockets are synchronous kernel work of about a millisecond.
 */
export interface EmbeddedDns {
  /** Adds a member to a network, or changes it. */
  putMember(network: string, endpoint: string, member: Member): void;
  /** Idempotent. */
  removeMember(network: string, endpoint: string): void;
  /** Serves a sandbox, or changes what it is answered from. */
  serve(sandboxPath: string, names: SandboxNames): void;
  isServed(sandboxPath: string): boolean;
  /** Idempotent. */
  stop(sandboxPath: string): void;
}

export interface EmbeddedDnsDeps {
  readonly log: Logger;
  /** Servers of the daemon's configuration, for sandboxes whose user named none; none: those of the host. */
  readonly servers?: readonly string[];
  /** The host's resolv.conf. */
  readonly resolvConf?: string;
}

export function createEmbeddedDns(deps: EmbeddedDnsDeps): EmbeddedDns & Disposable {
  return new ServedNames(deps);
}

interface Served {
  readonly resolver: Resolver;
  readonly server: SandboxServer;
  readonly ending: AbortController;
  names: SandboxNames;
}

/** Longer questions than this there are none: RFC 1035 names, and the options of EDNS. */
const LONGEST_QUESTION = 4096;
/** Questions of one call to the kernel. */
const MOST_AT_ONCE = 16;
const PORT = 53;
/** Questions that are asked outside, of all sandboxes together: a socket each. */
const MOST_IN_FLIGHT = 1024;

class ServedNames implements EmbeddedDns, Disposable {
  readonly #log: Logger;
  readonly #configured: readonly string[];
  readonly #host: HostServers;
  readonly #zones = new Map<string, Zone>();
  readonly #served = new Map<string, Served>();
  readonly #datagrams = new DatagramBatch(MOST_AT_ONCE, LONGEST_QUESTION);
  readonly #slots = { free: MOST_IN_FLIGHT };
  #version = 0;

  constructor({ log, servers = [], resolvConf }: EmbeddedDnsDeps) {
    this.#log = log;
    this.#configured = servers;
    this.#host = new HostServers(resolvConf);
  }

  putMember(network: string, endpoint: string, member: Member): void {
    this.#version++;
    this.#zone(network).put(endpoint, member);
  }

  removeMember(network: string, endpoint: string): void {
    this.#version++;
    const zone = this.#zones.get(network);
    zone?.delete(endpoint);
    // Whoever is served from it is a member: nobody is.
    if (zone?.size === 0) this.#zones.delete(network);
  }

  #zone(network: string): Zone {
    const zone = this.#zones.get(network) ?? new Zone();
    this.#zones.set(network, zone);
    return zone;
  }

  serve(sandboxPath: string, names: SandboxNames): void {
    const view = this.#view(sandboxPath, names);
    const served = this.#served.get(sandboxPath);
    if (served !== undefined) {
      served.names = names;
      served.resolver.view = view;
      return;
    }
    const ending = new AbortController();
    const resolver = new Resolver(view, {
      version: () => this.#version,
      slots: this.#slots,
      signal: ending.signal,
    });
    const server = new SandboxServer(openSandboxSockets(sandboxPath), {
      resolver,
      isOwnAddress: (address) =>
        this.#served.get(sandboxPath)?.names.networks.some(({ addresses }) => addresses.includes(address)) ?? false,
      datagrams: this.#datagrams,
      log: this.#log,
    });
    this.#served.set(sandboxPath, { resolver, server, ending, names });
  }

  isServed(sandboxPath: string): boolean {
    return this.#served.has(sandboxPath);
  }

  #view(sandboxPath: string, { networks, hasWayOut, servers, keepsPlainNames }: SandboxNames): ResolverView {
    const upstream = (namespace: string | undefined) => (address: string) => ({ address, port: PORT, namespace });
    return {
      memberships: networks.map(({ id, name, links }) => ({
        network: name,
        zone: this.#zone(id),
        links: new Map(Object.entries(links).map(([alias, target]) => [canonical(alias), canonical(target)])),
      })),
      upstreams: () => {
        if (!hasWayOut) return [];
        if (servers.length > 0) return servers.map(upstream(sandboxPath));
        return (this.#configured.length > 0 ? this.#configured : this.#host.get()).map(upstream(undefined));
      },
      keepsPlainNames,
    };
  }

  stop(sandboxPath: string): void {
    const served = this.#served.get(sandboxPath);
    if (served === undefined) return;
    this.#served.delete(sandboxPath);
    served.ending.abort();
    served.server[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const path of [...this.#served.keys()]) this.stop(path);
    this.#host[Symbol.dispose]();
    this.#datagrams[Symbol.dispose]();
  }
}
