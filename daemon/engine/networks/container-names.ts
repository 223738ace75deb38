import { shortId } from "../../base/ids.ts";
import type { EmbeddedDns, SandboxNetwork } from "../../network/dns/embedded-dns.ts";
import type { Container, EndpointRecord, EndpointSettings } from "../model/container.ts";
import { isPredefined } from "./endpoint-wishes.ts";

export interface ContainerNamesDeps {
  readonly dns: EmbeddedDns;
  /** By container id. */
  readonly sandboxPath: (id: string) => string;
  /** Of the daemon's configuration, for containers that have none of their own. */
  readonly dnsOptions: readonly string[];
}

type Endpoints = Readonly<Record<string, EndpointRecord>>;

/** What each container is called on its networks, told to the name server as it changes. */
export class ContainerNames {
  readonly #deps: ContainerNamesDeps;

  constructor(deps: ContainerNamesDeps) {
    this.#deps = deps;
  }

  /** Its names, and those that it sees, are true from here. @param endpoints all that it has. @throws what the sandbox's sockets do */
  put(container: Container, endpoints: Endpoints): void {
    const named = namedEndpoints(endpoints);
    const { id, spec } = container;
    const { dns, sandboxPath, dnsOptions } = this.#deps;
    // Once served, always: whoever has read resolv.conf goes on to ask there.
    if (named.length === 0 && !dns.isServed(sandboxPath(id))) return;
    // First: others find it also where its own name server cannot be opened.
    for (const [network, { networkId, endpointId, ipAddress, globalIpv6Address }] of named) {
      const names = dnsNames(container, wishOf(container, network, networkId));
      dns.putMember(networkId, endpointId, { names, ipv4: ipAddress, ipv6: globalIpv6Address });
    }
    dns.serve(sandboxPath(id), {
      networks: named.map((each) => sandboxNetwork(container, each)),
      hasWayOut: Object.values(endpoints).some(({ gateway, ipv6Gateway }) => gateway !== "" || ipv6Gateway !== ""),
      servers: spec.host.dns,
      keepsPlainNames: hasDots(spec.host.dnsOptions.length > 0 ? spec.host.dnsOptions : dnsOptions),
    });
  }

  /** It has left one of its networks. @param rest what it has still. */
  leave(container: Container, endpoint: EndpointRecord, rest: Endpoints): void {
    this.forget(endpoint);
    this.put(container, rest);
  }

  /** Others do not find it there any more. Idempotent. */
  forget({ networkId, endpointId }: EndpointRecord): void {
    this.#deps.dns.removeMember(networkId, endpointId);
  }

  /** Its end. Idempotent. */
  remove(endpoints: Endpoints, sandboxPath: string): void {
    for (const endpoint of Object.values(endpoints)) this.forget(endpoint);
    this.#deps.dns.stop(sandboxPath);
  }
}

/** Whether a container asks the name server inside of its sandbox. */
export function hasNames(endpoints: Endpoints): boolean {
  return namedEndpoints(endpoints).length > 0;
}

/** Networks of the user alone have names; the three that come with the engine have none. */
function namedEndpoints(endpoints: Endpoints): readonly (readonly [network: string, endpoint: EndpointRecord])[] {
  return Object.entries(endpoints).filter(
    ([network, { ipAddress, globalIpv6Address }]) =>
      !isPredefined(network) && (ipAddress !== "" || globalIpv6Address !== ""),
  );
}

/** What a container is called on a network, the name that its address has first. */
export function dnsNames({ id, name, spec }: Container, { aliases = [] }: EndpointSettings): readonly string[] {
  const names = [name, ...aliases, shortId(id), spec.hostname];
  return [...new Set(names)].filter((each) => each !== "");
}

/** What was asked of an endpoint: users name networks by their ids too. */
function wishOf({ spec }: Container, network: string, networkId: string): EndpointSettings {
  const wishes = Object.entries(spec.networks ?? {});
  const named = wishes.find(([ref]) => ref === network) ?? wishes.find(([ref]) => networkId.startsWith(ref));
  return named?.[1] ?? {};
}

function sandboxNetwork(
  container: Container,
  [name, { networkId, ipAddress, globalIpv6Address }]: readonly [string, EndpointRecord],
): SandboxNetwork {
  const links = (wishOf(container, name, networkId).links ?? []).map(splitLink);
  return {
    id: networkId,
    name,
    addresses: [ipAddress, globalIpv6Address].filter((address) => address !== ""),
    links: Object.fromEntries(links.map(({ target, alias }) => [alias, target])),
  };
}

/** `container:alias`, or a container under its own name. */
export function splitLink(link: string): { readonly target: string; readonly alias: string } {
  const [target = "", alias = target] = link.split(":", 2);
  return { target, alias };
}

/** `ndots` above 0 (resolv.conf(5)): names without a dot are looked for in the search domains first. */
function hasDots(options: readonly string[]): boolean {
  return options.some((option) => /^ndots:[1-9]/.test(option));
}
