import { isIPv4, isIPv6 } from "node:net";
import type { ContainerCreateBody, EndpointSettings as EndpointBody } from "../../../../sdk/contract/index.ts";
import type { ContainerSpec, EndpointSettings } from "../../../engine/model/container.ts";
import { isKind, messageOf } from "../../../base/errors.ts";
import { checkEndpointOptions } from "../../../engine/networks/endpoint-options.ts";
import { invalid } from "./invalid.ts";
import { isSet } from "./refusals.ts";

/**
 * The networks of a create body: the one of `mode` where something is asked of it, and all others.
 * @throws EngineError InvalidParameter in Docker's words, NotImplemented with the name of the field.
 */
export function parseEndpoints(body: ContainerCreateBody, mode: string): ContainerSpec["networks"] {
  const networks: Record<string, EndpointSettings> = {};
  for (const [given, settings] of Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {})) {
    const name = given === "default" ? "bridge" : given;
    const wish = ofNetwork(name, () => parseEndpoint(settings ?? {}));
    if (name !== mode || Object.keys(wish).length > 0) networks[name] = wish;
  }
  // Before 1.44 the address was the container's, and there was one network to have it.
  const macAddress = body.MacAddress || undefined;
  const main = networks[mode] ?? {};
  if (macAddress !== undefined) {
    if (main.macAddress !== undefined && main.macAddress !== macAddress)
      throw invalid(
        "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
      );
    networks[mode] = { ...main, macAddress };
  }
  // Clients from before networks say it of the container.
  const links = body.HostConfig?.Links ?? [];
  if (links.length > 0 && networks[mode]?.links === undefined) networks[mode] = { ...networks[mode], links };
  return Object.keys(networks).length > 0 ? networks : undefined;
}

/** A mistake in one of several networks says in which. */
function ofNetwork<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isKind(error, "InvalidParameter")) throw error;
    throw invalid(`invalid config for network ${name}: ${messageOf(error)}`, error);
  }
}

/** The fields that are results (`IPAddress`, …) say nothing here. The wishes of create and of `network connect`; what is not asked for is missing. */
export function parseEndpoint(settings: EndpointBody): EndpointSettings {
  const { IPv4Address, IPv6Address, LinkLocalIPs } = settings.IPAMConfig ?? {};
  const linkLocal = LinkLocalIPs ?? [];
  for (const address of linkLocal)
    if (!isLinkLocal(address)) throw invalid(`invalid link-local IP address: ${address}`);
  const options = settings.DriverOpts ?? {};
  if (isSet(settings.DriverOpts)) checkOptions(options);
  if (IPv4Address && !isIPv4(IPv4Address)) throw invalid(`invalid IPv4 address: ${IPv4Address}`);
  if (IPv6Address && !isIPv6(IPv6Address)) throw invalid(`invalid IPv6 address: ${IPv6Address}`);
  return {
    ...(isSet(settings.Aliases) && { aliases: settings.Aliases ?? [] }),
    ...(isSet(settings.Links) && { links: settings.Links ?? [] }),
    ...(IPv4Address && { ipv4Address: IPv4Address }),
    ...(IPv6Address && { ipv6Address: IPv6Address }),
    ...(linkLocal.length > 0 && { linkLocalAddresses: linkLocal }),
    ...(settings.MacAddress && { macAddress: settings.MacAddress }),
    ...(isSet(settings.DriverOpts) && { driverOptions: options }),
    ...(settings.GwPriority && { gatewayPriority: settings.GwPriority }),
  };
}

/** RFC 3927, RFC 4291 2.5.6. */
function isLinkLocal(address: string): boolean {
  return (
    (isIPv4(address) && address.startsWith("169.254.")) || (isIPv6(address) && /^fe[89ab][0-9a-f]:/i.test(address))
  );
}

function checkOptions(options: Readonly<Record<string, string>>): void {
  try {
    checkEndpointOptions(options);
  } catch (error) {
    if (!isKind(error, "InvalidParameter")) throw error;
    throw invalid(`invalid endpoint settings:\n${messageOf(error)}`, error);
  }
}
