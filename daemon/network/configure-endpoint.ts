import { existsSync, writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { addAddress, addRoute, type InterfaceAddress, replaceDefaultRoute } from "../linux/netlink/addresses.ts";
import { changeLink, getLink } from "../linux/netlink/links.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { inNetworkNamespace } from "../linux/network-namespace.ts";
import { addressBytes } from "./cidr.ts";
import { unpaceNeighbours } from "./neighbour-route.ts";
import type { EndpointPlan, Gateways } from "./network-driver.ts";

export interface EndpointWays {
  /** Of the way out; undefined is that of the interface. */
  readonly mtu?: number | undefined;
  /** Neighbours are on this machine, all of them. */
  readonly hasNearNeighbours?: boolean;
}

/** Inside the sandbox: the interface up, with its settings, addresses and the way out. */
export function configureEndpoint(endpoint: EndpointPlan, { mtu, hasNearNeighbours = false }: EndpointWays = {}): void {
  const { containerInterface: name, ipAddress, prefixLength, gateway, ipv6 } = endpoint;
  const { onLink = false, keepsCongestionControl = false } = endpoint;
  const linkLocal = (endpoint.linkLocalAddresses ?? []).map(addressBytes);
  using socket = new NetlinkSocket(0);
  const { index: link } = getLink(socket, name);
  if (ipv6 !== undefined || linkLocal.some(isIpv6)) writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, "0");
  for (const [path, value] of endpoint.sysctls ?? []) setSysctl(path, value);
  const addresses: InterfaceAddress[] = [];
  if (ipAddress !== "") addresses.push({ link, address: addressBytes(ipAddress), prefixLength });
  if (ipv6 !== undefined)
    addresses.push({ link, address: addressBytes(ipv6.address), prefixLength: ipv6.prefixLength });
  for (const address of addresses) addAddress(socket, address);
  for (const address of linkLocal) addAddress(socket, { link, address, prefixLength: isIpv6(address) ? 64 : 16 });
  changeLink(socket, link, { up: true });
  if (hasNearNeighbours && !keepsCongestionControl) for (const address of addresses) unpaceNeighbours(socket, address);
  for (const [family, way] of [[4, gateway] as const, [6, ipv6?.gateway ?? ""] as const])
    if (way !== "") addRoute(socket, onLink ? { family, link, mtu } : { gateway: addressBytes(way), link, mtu });
}

function isIpv6(address: Uint8Array): boolean {
  return address.byteLength === 16;
}

function setSysctl(path: string, value: string): void {
  if (!existsSync(`/proc/sys/${path}`))
    throw new EngineError("InvalidParameter", `/proc/sys/${path} is not a sysctl file`);
  try {
    writeFileSync(`/proc/sys/${path}`, value);
  } catch (error) {
    throw new EngineError("InvalidParameter", `/proc/sys/${path} does not take ${JSON.stringify(value)}`, {
      cause: error,
    });
  }
}

/** The way out of a sandbox, in the place of the one that it had. */
export function setDefaultRoute(sandboxPath: string, { ipv4, ipv6, onLink, mtu }: Gateways): void {
  inNetworkNamespace(sandboxPath, () => {
    using socket = new NetlinkSocket(0);
    const link = onLink === undefined ? undefined : getLink(socket, onLink).index;
    for (const [family, gateway] of [[4, ipv4] as const, [6, ipv6] as const])
      if (gateway !== "")
        replaceDefaultRoute(
          socket,
          link === undefined ? { gateway: addressBytes(gateway), mtu } : { family, link, mtu },
        );
  });
}
