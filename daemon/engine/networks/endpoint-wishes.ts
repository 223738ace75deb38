import { EngineError } from "../../base/errors.ts";
import type { Container, EndpointSettings } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";

/** A network that a container is to be on, and how. */
export interface EndpointWish {
  readonly network: NetworkRecord;
  readonly settings: EndpointSettings;
}

/**
 * The network of its mode first, unless it was taken off it, then those beside it in their order. `container:` modes have
 * none of their own.
 */
export function wishesOf(container: Container, get: (ref: string) => NetworkRecord): readonly EndpointWish[] {
  const { networks = {}, host } = container.spec;
  if (host.network.startsWith("container:")) return [];
  const wishes = new Map<string, EndpointWish>();
  const mode = get(modeName(host.network));
  wishes.set(mode.id, { network: mode, settings: {} });
  for (const [ref, settings] of Object.entries(networks)) {
    const network = get(modeName(ref));
    if (settings === null) wishes.delete(network.id);
    else wishes.set(network.id, { network, settings });
  }
  return [...wishes.values()];
}

export function modeName(mode: string): string {
  return mode === "default" || mode === "" ? "bridge" : mode;
}

/**
 * Whether a network can give what is asked of it.
 * @throws EngineError InvalidParameter in Docker's words; Forbidden for several networks where one of them is host or none.
 */
export function checkWishes(wishes: readonly EndpointWish[]): void {
  for (const { network } of wishes)
    if (network.configOnly !== undefined)
      throw new EngineError("Forbidden", "cannot create endpoint on configuration-only network");
  const lonely = wishes.find(({ network: { driver } }) => driver === "host" || driver === "null");
  if (lonely !== undefined && wishes.length > 1) throw new EngineError("Forbidden", lonelyText(lonely.network));
  for (const { network, settings } of wishes) checkSettings(network, settings);
}

function lonelyText({ driver }: NetworkRecord): string {
  return driver === "host"
    ? "container cannot be connected to multiple networks with one of the networks in host mode"
    : "container cannot be connected to multiple networks with one of the networks in private (none) mode";
}

function checkSettings(network: NetworkRecord, settings: EndpointSettings): void {
  const { aliases = [], links = [], ipv4Address = "", ipv6Address = "", macAddress } = settings;
  const predefined = isPredefined(network.name);
  if (predefined && aliases.length > 0)
    throw invalid("network-scoped alias is supported only for containers in user defined networks");
  // Those of the default bridge are lines of a file (legacy-links.ts).
  if (predefined && network.name !== "bridge" && links.length > 0)
    throw new EngineError("NotImplemented", `links on the network ${network.name} are not supported`);
  if (ipv4Address !== "" || ipv6Address !== "") {
    if (predefined) throw invalid("user specified IP address is supported on user defined networks only");
    if (network.ownSubnet !== true)
      throw invalid(
        "user specified IP address is supported only when connecting to networks with user configured subnets",
      );
  }
  if (ipv4Address !== "" && network.subnet === undefined)
    throw invalid(`invalid IPv4 address ${ipv4Address}: network ${network.name} has no IPv4`);
  if (macAddress !== undefined && network.driver === "ipvlan")
    throw new EngineError("NotImplemented", "ipvlan interfaces do not support custom mac address assignment");
  if (ipv6Address !== "" && network.ipv6 === undefined)
    throw invalid(`invalid IPv6 address ${ipv6Address}: network ${network.name} has no IPv6`);
  if (macAddress !== undefined && !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(macAddress))
    throw invalid(`invalid MAC address: ${macAddress}`);
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}

export function isPredefined(name: string): boolean {
  return name === "bridge" || name === "host" || name === "none" || name === "default";
}

/** A network with its endpoint's facts: what the choice of the default route looks at. */
export interface WayOut {
  readonly name: string;
  readonly priority: number;
  /** "" where there is no way out over it. */
  readonly gateway: string;
}

/** By priority, then by name, as Docker chooses; networks without a gateway only when there is no other. */
export function wayOut(candidates: readonly WayOut[]): string | undefined {
  const order = (a: WayOut, b: WayOut): number =>
    Number(b.gateway !== "") - Number(a.gateway !== "") || b.priority - a.priority || (a.name < b.name ? -1 : 1);
  return candidates.toSorted(order)[0]?.name;
}

/** @param taken names of interfaces. @returns the first free one of the kernel's kind. */
export function freeInterface(taken: ReadonlySet<string>): string {
  let n = 0;
  while (taken.has(`eth${n}`)) n++;
  return `eth${n}`;
}
