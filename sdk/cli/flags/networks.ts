import { keyValues } from "./key-values.ts";

interface NetworkFlags {
  readonly network: readonly string[];
  readonly net: readonly string[];
  readonly "network-alias": readonly string[];
  readonly "net-alias": readonly string[];
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly "link-local-ip": readonly string[];
  readonly "mac-address": string | undefined;
}

interface EndpointFlags {
  Aliases?: string[];
  MacAddress?: string;
  DriverOpts?: Record<string, string>;
  GwPriority?: number;
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] };
}

/** The endpoints of `--network`, by network; undefined when nothing is asked of any. `--ip` and the like belong to the first. */
export function endpointsOf(flags: NetworkFlags): { EndpointsConfig: Record<string, EndpointFlags> } | undefined {
  const networks = [...flags.network, ...flags.net];
  const endpoints = networks.map((text) => (text.includes("=") ? longForm(text) : ([text, {}] as const)));
  if (networks.length === 0) endpoints.push(["default", {}]);
  const common = commonEndpoint(flags);
  const asks = Object.keys(common).length > 0;
  const [name, first] = endpoints[0]!;
  if (asks && !isUserNetwork(name) && common.Aliases !== undefined)
    throw new Error("network-scoped aliases are only supported for user-defined networks");
  // One network without wishes is in NetworkMode, which is enough.
  if (endpoints.length === 1 && !asks && Object.keys(first).length === 0) return undefined;
  if (common.MacAddress !== undefined && !/^[\da-f]{2}([:-][\da-f]{2}){5}$/i.test(common.MacAddress))
    throw new Error(`${common.MacAddress} is not a valid mac address`);
  return { EndpointsConfig: Object.fromEntries([[name, { ...common, ...first }], ...endpoints.slice(1)]) };
}

function isUserNetwork(name: string): boolean {
  return !["default", "bridge", "host", "none"].includes(name) && !name.startsWith("container:");
}

function commonEndpoint(flags: NetworkFlags): EndpointFlags {
  const Aliases = [...flags["network-alias"], ...flags["net-alias"]];
  const addresses = {
    ...(flags.ip ? { IPv4Address: flags.ip } : {}),
    ...(flags.ip6 ? { IPv6Address: flags.ip6 } : {}),
    ...(flags["link-local-ip"].length > 0 ? { LinkLocalIPs: [...flags["link-local-ip"]] } : {}),
  };
  return {
    ...(Aliases.length > 0 ? { Aliases } : {}),
    ...(flags["mac-address"] ? { MacAddress: flags["mac-address"] } : {}),
    ...(Object.keys(addresses).length > 0 ? { IPAMConfig: addresses } : {}),
  };
}

/** `name=n1,alias=a,ip=10.0.0.2,driver-opt=k=v` */
function longForm(text: string): readonly [string, EndpointFlags] {
  let name = "";
  const endpoint: EndpointFlags = {};
  for (const field of text.split(",")) {
    const equals = field.indexOf("=");
    if (equals === -1) throw new Error(`invalid field ${field}`);
    const value = field.slice(equals + 1);
    switch (field.slice(0, equals).toLowerCase()) {
      case "name":
        name = value;
        break;
      case "alias":
        endpoint.Aliases = [...(endpoint.Aliases ?? []), value];
        break;
      case "ip":
        endpoint.IPAMConfig = { ...endpoint.IPAMConfig, IPv4Address: value };
        break;
      case "ip6":
        endpoint.IPAMConfig = { ...endpoint.IPAMConfig, IPv6Address: value };
        break;
      case "mac-address":
        endpoint.MacAddress = value;
        break;
      case "link-local-ip":
        endpoint.IPAMConfig = {
          ...endpoint.IPAMConfig,
          LinkLocalIPs: [...(endpoint.IPAMConfig?.LinkLocalIPs ?? []), value],
        };
        break;
      case "driver-opt":
        endpoint.DriverOpts = { ...endpoint.DriverOpts, ...keyValues([value]) };
        break;
      case "gw-priority":
        endpoint.GwPriority = Number(value);
        break;
      default:
        throw new Error(`invalid field key ${field.slice(0, equals)}`);
    }
  }
  if (name === "") throw new Error("network name/id is not specified");
  return [name, endpoint];
}

/** Checks one `--network`. */
export function checkNetwork(text: string): void {
  if (text.includes("=")) longForm(text);
}
