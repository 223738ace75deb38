import type { EndpointResource, NetworkInspect } from "../../../sdk/contract/index.ts";
import type { EndpointRecord } from "../../engine/model/container.ts";
import type { NetworkRecord, Networks } from "../../engine/services.ts";
import { atLeast } from "../http/version.ts";

type Pool = Pick<NetworkRecord, "subnet" | "gateway" | "ipRange" | "auxiliaryAddresses">;
type Members = ReturnType<Networks["members"]>;

/** A network; `members` are those of inspect, a list has none. */
export function networkJson(network: NetworkRecord, members: Members, apiVersion: string): NetworkInspect {
  const { subnet, gateway, ipRange, auxiliaryAddresses, ipv6 } = network;
  const pools = [
    ...(subnet === undefined ? [] : [{ subnet, gateway, ipRange, auxiliaryAddresses }]),
    ...(ipv6 ? [ipv6] : []),
  ];
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    ...(atLeast(apiVersion, "1.48") && { EnableIPv4: true }),
    EnableIPv6: ipv6 !== undefined,
    IPAM: { Driver: "default", Options: network.ipamOptions ?? null, Config: pools.map(poolJson) },
    Internal: network.internal,
    Attachable: network.attachable ?? false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      Object.entries(members).map(([id, { name, endpoint }]) => [id, memberJson(name, endpoint)]),
    ),
    Options: network.options,
    Labels: network.labels,
  };
}

function poolJson({ subnet, gateway, ipRange, auxiliaryAddresses }: Pool) {
  return {
    Subnet: subnet,
    ...(ipRange !== undefined && { IPRange: ipRange }),
    Gateway: gateway,
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
