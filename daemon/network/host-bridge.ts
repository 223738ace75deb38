import { readFileSync, writeFileSync } from "node:fs";
import { EngineError, errnoOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { addAddress, type InterfaceAddress, listAddresses } from "../linux/netlink/addresses.ts";
import { changeLink, createBridge, findLink, type Link } from "../linux/netlink/links.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import { addressBytes, parseCidr } from "./cidr.ts";
import { macFor, randomMac } from "./mac-address.ts";
import { unpaceNeighbours } from "./neighbour-route.ts";
import type { BridgeNetwork, Subnet } from "./network-driver.ts";
import type { OwnLinks } from "./own-links.ts";

/**
 * The bridge of a network, there and up, with its addresses. Idempotent: only what is missing is done.
 * @throws EngineError Conflict when the bridge, or another link, has the name and is not ours to use.
 */
export function ensureBridge(socket: NetlinkSocket, network: BridgeNetwork, own: OwnLinks): Link {
  const found = findLink(socket, network.bridge);
  const bridge = found === undefined ? makeBridge(socket, network, own) : usable(found, own);
  const present = listAddresses(socket)
    .filter(({ link }) => link === bridge.index)
    .map(({ address }) => Buffer.from(address).toString("hex"));
  const added: InterfaceAddress[] = [];
  for (const { subnet, gateway } of addressesOf(network)) {
    const address = addressBytes(gateway);
    if (present.includes(Buffer.from(address).toString("hex"))) continue;
    added.push({ link: bridge.index, address, prefixLength: parseCidr(subnet).prefixLength });
  }
  for (const each of added) addAddress(socket, each);
  if (network.ipv6 !== undefined) trustOwnAddresses(network.bridge);
  if (!bridge.up) changeLink(socket, bridge.index, { up: true });
  // An administrator's bridge may lead to other machines, by wires that have a bandwidth.
  if (own.nameOf(bridge) !== undefined) for (const each of added) unpaceNeighbours(socket, each);
  return bridge;
}

/** What the bridge itself has. */
function addressesOf({ subnet, gateway, ipv6, mode4, mode6 }: BridgeNetwork): readonly Subnet[] {
  const own = subnet === "" || mode4 === "isolated" ? [] : [{ subnet, gateway }];
  return ipv6 === undefined || mode6 === "isolated" ? own : [...own, ipv6];
}

function makeBridge(socket: NetlinkSocket, network: BridgeNetwork, own: OwnLinks): Link {
  const { bridge, mtu, ipv6, gateway } = network;
  const macAddress = gateway === "" ? randomMac() : macFor(gateway);
  return own.make(bridge, (name) => {
    createBridge(socket, { name, mtu, macAddress });
    if (ipv6 === undefined) changeLink(socket, name, { ipv6LinkLocal: false });
  });
}

/** A bridge that an administrator made is used as it is; another daemon's has its own addresses and rules. */
function usable(link: Link, own: OwnLinks): Link {
  if (link.kind !== "bridge") throw new EngineError("Conflict", `interface ${link.name} exists and is no bridge`);
  if (own.isForeign(link))
    throw new EngineError(
      "Conflict",
      `bridge ${link.name} belongs to another Slipway daemon: give this one a name of its own`,
    );
  return link;
}

/** So that the host reaches published ports at 127.0.0.1. The rules are there before, and keep containers from it. */
export function routeLoopback(bridge: string): void {
  const path = `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`;
  try {
    writeFileSync(path, "1");
  } catch (error) {
    // Where /proc/sys is read-only, ports are published but for the loopback.
    if (!READ_ONLY.includes(errnoOf(error) ?? "")) throw error;
  }
}

/**
 * Nobody else can have the bridge's own link-local address, and until the kernel had made sure of it (RFC 4862, 1 to 2 s from the
 * first container on) it would not look for the containers that packets of other hosts go to.
 */
function trustOwnAddresses(bridge: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${bridge}/accept_dad`, "0");
  } catch (error) {
    if (!READ_ONLY.includes(errnoOf(error) ?? "")) throw error;
  }
}

const READ_ONLY = ["EROFS", "EACCES", "EPERM"];

/** Containers reach other networks only where the host forwards. Says so when it had to be turned on. */
export function ensureForwarding(family: 4 | 6, log: Logger): void {
  const path = family === 4 ? "/proc/sys/net/ipv4/ip_forward" : "/proc/sys/net/ipv6/conf/all/forwarding";
  if (readFileSync(path, "utf8").trim() === "1") return;
  try {
    writeFileSync(path, "1");
  } catch (error) {
    // /proc/sys is often read-only where the daemon itself is in a container; the network works but for the way out.
    if (!READ_ONLY.includes(errnoOf(error) ?? "")) throw error;
    log.warn("forwarding is off and cannot be turned on: containers do not reach other networks", { path });
    return;
  }
  log.info(`turned on IPv${family} forwarding, which containers need to reach other networks`, { path });
}
