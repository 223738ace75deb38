import type { EndpointResource, NetworkInspect } from "../../../sdk/contract/index.ts";
import type { EndpointRecord } from "../../engine/model/container.ts";
import { MTU, OUTSIDE_MTU } from "../../engine/networks/bridge-network.ts";
import { poolsOf } from "../../engine/model/network.ts";
import type { IpamPool, NetworkRecord, Networks } from "../../engine/services.ts";
import { atLeast } from "../http/version.ts";

type Members = ReturnType<Networks["members"]>;

/** A network; `members` are those of inspect, a list has none. */
export function networkJson(network: NetworkRecord, members: Members, apiVersion: string): NetworkInspect {
  const { name, configOnly, configFrom = "", options, labels } = network;
  return {
    Name: name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    ...(atLeast(apiVersion, "1.48") && { EnableIPv4: hasIpv4(network) }),
    EnableIPv6: configOnly?.enableIpv6 ?? network.ipv6 !== undefined,
    IPAM: { Driver: "default", Options: network.ipamOptions ?? null, Config: poolsJson(network) },
    Internal: network.internal,
    Attachable: network.attachable ?? false,
    Ingress: false,
    ConfigFrom: { Network: configFrom },
    ConfigOnly: configOnly !== undefined,
    Containers: Object.fromEntries(
      Object.entries(members).map(([id, { name, endpoint }]) => [id, memberJson(name, endpoint)]),
    ),
    // Docker's default bridge says what MTU it has.
    Options: name === "bridge" ? { ...options, [MTU]: options[MTU] ?? String(OUTSIDE_MTU) } : options,
    Labels: labels,
  };
}

/** host and none have it, as far as there is anything to have. */
function hasIpv4({ configOnly, subnet, driver }: NetworkRecord): boolean {
  if (configOnly !== undefined) return configOnly.enableIpv4 !== false;
  return subnet !== undefined || driver === "host" || driver === "null";
}

function poolsJson(network: NetworkRecord): NetworkInspect["IPAM"]["Config"] {
  if (network.configOnly !== undefined) return network.configOnly.ipam.configs.map(poolJson);
  const pools = poolsOf(network);
  return pools.length === 0 && network.options["parent"] === undefined ? null : pools.map(poolJson);
}

function poolJson({ subnet, gateway, impliedGateway, ipRange, auxiliaryAddresses }: Partial<IpamPool>) {
  return {
    Subnet: subnet,
    ...(ipRange !== undefined && { IPRange: ipRange }),
    ...(gateway && impliedGateway !== true && { Gateway: gateway }),
    ...(auxiliaryAddresses !== undefined && { AuxiliaryAddresses: auxiliaryAddresses }),
  };
}

function memberJson(name: string, endpoint: EndpointRecord): EndpointResource {
  const withPrefix = (address: string, length: number): string => (address === "" ? "" : `${address}/${length}`);
  return {
    Name: name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.macAddress,
    IPv4Address: withPrefix(endpoint.ipAddress, endpoint.ipPrefixLen),
    IPv6Address: withPrefix(endpoint.globalIpv6Address, endpoint.globalIpv6PrefixLen),
  };
}
