import type { EndpointSettings as EndpointJson } from "../../../../sdk/contract/index.ts";
import {
  NO_ENDPOINT,
  type Container,
  type EndpointRecord,
  type EndpointSettings,
} from "../../../engine/model/container.ts";
import { dnsNames } from "../../../engine/networks/container-names.ts";

/** `NetworkSettings.Networks`: before the first start the networks are named, with what was asked of them. */
export function endpointsJson(
  container: Container,
  endpoints: Readonly<Record<string, EndpointRecord>>,
): Record<string, EndpointJson> {
  const { spec } = container;
  const mode = spec.host.network;
  if (mode.startsWith("container:")) return {};
  const wishes = spec.networks ?? {};
  const known =
    Object.keys(endpoints).length > 0 ? endpoints : { [mode]: NO_ENDPOINT, ...nowhere(Object.keys(wishes)) };
  return Object.fromEntries(
    Object.entries(known).map(([network, endpoint]) => {
      const wish = wishes[network] ?? {};
      const names = isPredefined(network) ? null : [...dnsNames(container, wish)];
      return [network, { ...endpointJson(endpoint, names === null ? { ...wish, links: [] } : wish), DNSNames: names }];
    }),
  );
}

function nowhere(networks: readonly string[]): Readonly<Record<string, EndpointRecord>> {
  return Object.fromEntries(networks.map((network) => [network, NO_ENDPOINT]));
}

/** Names resolve on networks of the user's alone; the three that come with the engine have none. */
function isPredefined(network: string): boolean {
  return network === "bridge" || network === "host" || network === "none";
}

function endpointJson(endpoint: EndpointRecord, wish: EndpointSettings): EndpointJson {
  const { aliases = [], links = [], ipv4Address, ipv6Address, linkLocalAddresses = [] } = wish;
  const addresses = {
    ...(ipv4Address !== undefined && { IPv4Address: ipv4Address }),
    ...(ipv6Address !== undefined && { IPv6Address: ipv6Address }),
    ...(linkLocalAddresses.length > 0 && { LinkLocalIPs: [...linkLocalAddresses] }),
  };
  return {
    IPAMConfig: Object.keys(addresses).length > 0 ? addresses : null,
    Links: links.length > 0 ? [...links] : null,
    Aliases: aliases.length > 0 ? [...aliases] : null,
    MacAddress: endpoint.macAddress || (wish.macAddress ?? ""),
    DriverOpts: wish.driverOptions ?? null,
    GwPriority: wish.gatewayPriority ?? 0,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway,
    IPAddress: endpoint.ipAddress,
    IPPrefixLen: endpoint.ipPrefixLen,
    IPv6Gateway: endpoint.ipv6Gateway,
    GlobalIPv6Address: endpoint.globalIpv6Address,
    GlobalIPv6PrefixLen: endpoint.globalIpv6PrefixLen,
  };
}
