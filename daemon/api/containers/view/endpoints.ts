import type { EndpointSettings } from "../../../../sdk/contract/index.ts";
import { shortId } from "../../../base/ids.ts";
import type { Container, EndpointRecord } from "../../../engine/model/container.ts";

const NOWHERE: EndpointRecord = {
  networkId: "",
  endpointId: "",
  gateway: "",
  ipAddress: "",
  ipPrefixLen: 0,
  ipv6Gateway: "",
  globalIpv6Address: "",
  globalIpv6PrefixLen: 0,
  macAddress: "",
  aliases: [],
  hostInterface: "",
};

/** `NetworkSettings.Networks`: before the first start its one network is named, with nothing to say of it. */
export function endpointsJson(
  container: Container,
  endpoints: Readonly<Record<string, EndpointRecord>>,
): Record<string, EndpointSettings> {
  const mode = container.spec.host.network;
  if (mode.startsWith("container:")) return {};
  const known = Object.entries(endpoints);
  const all = known.length > 0 ? known : [[mode, NOWHERE] as const];
  return Object.fromEntries(all.map(([name, endpoint]) => [name, endpointJson(container, name, endpoint)]));
}

/** Names resolve on networks of the user's alone; the three that come with the engine have none. */
const PREDEFINED = ["bridge", "host", "none"];

function endpointJson(container: Container, network: string, endpoint: EndpointRecord): EndpointSettings {
  const aliases = endpoint.aliases.length > 0 ? [...endpoint.aliases] : null;
  const names = PREDEFINED.includes(network) ? null : [container.name, ...(aliases ?? []), shortId(container.id)];
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: aliases,
    MacAddress: endpoint.macAddress,
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway,
    IPAddress: endpoint.ipAddress,
    IPPrefixLen: endpoint.ipPrefixLen,
    IPv6Gateway: endpoint.ipv6Gateway,
    GlobalIPv6Address: endpoint.globalIpv6Address,
    GlobalIPv6PrefixLen: endpoint.globalIpv6PrefixLen,
    DNSNames: names,
  };
}
