import { EngineError, isKind, messageOf } from "../../base/errors.ts";
import { contains, parseCidr } from "../../network/cidr.ts";
import type { Container, EndpointSettings } from "../model/container.ts";
import { poolsOf } from "../model/network.ts";
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
  const { links = [], macAddress } = settings;
  // Those of the default bridge are lines of a file (legacy-links.ts).
  if (isPredefined(network.name) && network.name !== "bridge" && links.length > 0)
    throw new EngineError("NotImplemented", `links on the network ${network.name} are not supported`);
  if (macAddress !== undefined && network.driver === "ipvlan")
    throw new EngineError("NotImplemented", "ipvlan interfaces do not support custom mac address assignment");
  const problems = problemsOf(network, settings);
  const [only, second] = problems;
  if (only === undefined) return;
  const text = second === undefined ? only : problems.map((each) => `* ${each}`).join("\n");
  throw new EngineError("InvalidParameter", `invalid endpoint settings:\n${text}`);
}

/** What a network cannot give, in Docker's words. */
function problemsOf(network: NetworkRecord, settings: EndpointSettings): readonly string[] {
  const { aliases = [], ipv4Address = "", ipv6Address = "", macAddress = "" } = settings;
  const { name, ownSubnet = false } = network;
  const predefined = isPredefined(name);
  const addressed = ipv4Address !== "" || ipv6Address !== "";
  const subnets = poolsOf(network).map(({ subnet }) => parseCidr(subnet));
  const outside = (address: string): boolean =>
    address !== "" && ownSubnet && !subnets.some((subnet) => contains(subnet, address));
  const problems = [
    [
      predefined && aliases.length > 0,
      "network-scoped alias is supported only for containers in user defined networks",
    ],
    [predefined && addressed, "user specified IP address is supported on user defined networks only"],
    [
      addressed && !ownSubnet,
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    ],
    [outside(ipv4Address), `no configured subnet or ip-range contain the IP address ${ipv4Address}`],
    [outside(ipv6Address), `no configured subnet or ip-range contain the IP address ${ipv6Address}`],
    [macAddress !== "" && !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(macAddress), `invalid MAC address: ${macAddress}`],
  ] as const;
  return problems.filter(([found]) => found).map(([, text]) => text);
}

/**
 * What a create can know of its networks: those that do not exist yet may be there at start.
 * @throws EngineError as `checkWishes` does.
 */
export function checkSpec(spec: Container["spec"], find: (ref: string) => NetworkRecord | undefined): void {
  for (const [ref, settings] of Object.entries(spec.networks ?? {})) {
    const network = find(modeName(ref));
    if (network === undefined || settings === null) continue;
    try {
      checkSettings(network, settings);
    } catch (error) {
      if (!isKind(error, "InvalidParameter")) throw error;
      const text = `invalid config for network ${ref}: ${messageOf(error)}`;
      throw new EngineError("InvalidParameter", text, { cause: error });
    }
  }
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

/** @param taken names of interfaces. @returns the first free one that begins so. */
export function freeInterface(taken: ReadonlySet<string>, prefix: string): string {
  let n = 0;
  while (taken.has(`${prefix}${n}`)) n++;
  return `${prefix}${n}`;
}
