/** Network interfaces by rtnetlink(7): RTM_*LINK, IFLA_*. */
import { errnoOf } from "../../base/errors.ts";
import { type Attribute, attribute, decodeAttributes, type Message, nested, text, textOf, u32, u8 } from "./message.ts";
import { type NetlinkSocket, requestInBackground } from "./socket.ts";

export const [RTM_NEWLINK, RTM_DELLINK] = [16, 17];
const RTM_GETLINK = 18;
const CREATE_EXCLUSIVE = 0x400 | 0x200;
const IFF_UP = 1;
export const IFLA = {
  address: 1,
  ifname: 3,
  mtu: 4,
  link: 5,
  master: 10,
  linkinfo: 18,
  ifalias: 20,
  afSpec: 26,
  netNsFd: 28,
} as const;
export const [INFO_KIND, INFO_DATA, INFO_SLAVE_KIND, INFO_SLAVE_DATA] = [1, 2, 4, 5];
const VETH_INFO_PEER = 1;
const AF_INET6 = 10;
const INET6_ADDR_GEN_MODE = 8;
const ADDR_GEN_NONE = 1;
const BRPORT = { mode: 4, isolated: 33 } as const;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`; undefined for hardware and lo. */
  readonly kind: string | undefined;
  readonly macAddress: string;
  readonly mtu: number;
  readonly up: boolean;
  /** Index of the bridge that it is a port of. */
  readonly master: number | undefined;
  readonly alias: string;
}

/** @throws SyscallError ENODEV when there is none of this name. */
export function getLink(socket: NetlinkSocket, name: string): Link {
  const [answer] = socket.request(`link ${name}`, RTM_GETLINK, 0, linkHeader(), [text(IFLA.ifname, name)]);
  if (answer === undefined) throw new Error(`the kernel did not show link ${name}`);
  return decodeLink(answer);
}

export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  try {
    return getLink(socket, name);
  } catch (error) {
    if (errnoOf(error) === "ENODEV") return undefined;
    throw error;
  }
}

export function listLinks(socket: NetlinkSocket): readonly Link[] {
  return socket.dump("links", RTM_GETLINK, linkHeader()).map(decodeLink);
}

/** A bridge with an address of its own: it would change with its ports otherwise. Down, until it is set up. */
export function createBridge(
  socket: NetlinkSocket,
  bridge: { readonly name: string; readonly macAddress: string; readonly mtu: number },
): void {
  socket.request(`bridge ${bridge.name}`, RTM_NEWLINK, CREATE_EXCLUSIVE, linkHeader(), [
    text(IFLA.ifname, bridge.name),
    u32(IFLA.mtu, bridge.mtu),
    attribute(IFLA.address, encodeMac(bridge.macAddress)),
    nested(IFLA.linkinfo, [text(INFO_KIND, "bridge")]),
  ]);
}

export interface VethPair {
  readonly name: string;
  readonly mtu: number;
  readonly peer: {
    readonly name: string;
    readonly macAddress: string;
    /** Descriptor of the network namespace that it appears in. */
    readonly namespace: number;
  };
}

/** Both ends, down; the peer is born in its namespace, under its name. */
export function createVeth(socket: NetlinkSocket, { name, mtu, peer }: VethPair): void {
  const peerAttributes = [
    text(IFLA.ifname, peer.name),
    u32(IFLA.mtu, mtu),
    attribute(IFLA.address, encodeMac(peer.macAddress)),
    u32(IFLA.netNsFd, peer.namespace),
  ];
  const peerInfo = attribute(VETH_INFO_PEER | 0x8000, Buffer.concat([linkHeader(), ...peerAttributes]));
  socket.request(`veth ${name}`, RTM_NEWLINK, CREATE_EXCLUSIVE, linkHeader(), [
    text(IFLA.ifname, name),
    u32(IFLA.mtu, mtu),
    nested(IFLA.linkinfo, [text(INFO_KIND, "veth"), nested(INFO_DATA, [peerInfo])]),
  ]);
}

/** What can be changed of a link. */
export interface LinkChange {
  readonly up?: boolean;
  /** Index of a bridge. */
  readonly master?: number;
  readonly mtu?: number;
  readonly alias?: string;
  /** Another name; only where the link is named by its index, and down. */
  readonly name?: string;
  /** Without: an interface that only carries other hosts' frames announces itself with addresses that nobody uses. */
  readonly ipv6LinkLocal?: false;
}

/** @param link its index, or its name. */
export function changeLink(socket: NetlinkSocket, link: number | string, change: LinkChange): void {
  const flags = change.up === undefined ? {} : { flags: change.up ? IFF_UP : 0, changed: IFF_UP };
  const header = typeof link === "number" ? linkHeader({ index: link, ...flags }) : linkHeader(flags);
  const attributes: Attribute[] = typeof link === "string" ? [text(IFLA.ifname, link)] : [];
  if (change.name !== undefined) attributes.push(text(IFLA.ifname, change.name));
  if (change.mtu !== undefined) attributes.push(u32(IFLA.mtu, change.mtu));
  if (change.alias !== undefined) attributes.push(attribute(IFLA.ifalias, Buffer.from(change.alias)));
  if (change.master !== undefined) attributes.push(u32(IFLA.master, change.master));
  if (change.ipv6LinkLocal === false)
    attributes.push(nested(IFLA.afSpec, [nested(AF_INET6, [u8(INET6_ADDR_GEN_MODE, ADDR_GEN_NONE)])]));
  socket.request(`link ${link}`, RTM_NEWLINK, 0, header, attributes);
}

export interface PortFlags {
  /** It reaches the bridge's own addresses and what is behind them, but no other such port. */
  readonly isolated?: boolean;
  /** Frames may leave where they came from. */
  readonly hairpin?: boolean;
}

/** Of a link that is a port of a bridge. */
export function changePort(socket: NetlinkSocket, name: string, { isolated, hairpin }: PortFlags): void {
  const flags = [
    ...(hairpin === undefined ? [] : [u8(BRPORT.mode, Number(hairpin))]),
    ...(isolated === undefined ? [] : [u8(BRPORT.isolated, Number(isolated))]),
  ];
  socket.request(`port ${name}`, RTM_NEWLINK, 0, linkHeader(), [
    text(IFLA.ifname, name),
    nested(IFLA.linkinfo, [text(INFO_SLAVE_KIND, "bridge"), nested(INFO_SLAVE_DATA, flags)]),
  ]);
}

/** Idempotent. A veth's other end goes with it. */
export function deleteLink(socket: NetlinkSocket, name: string): void {
  try {
    socket.request(`link ${name}`, RTM_DELLINK, 0, linkHeader(), [text(IFLA.ifname, name)]);
  } catch (error) {
    if (errnoOf(error) !== "ENODEV") throw error;
  }
}

/** Idempotent; on another thread, as the kernel waits some 20 ms until nobody sees the interface any more. */
export async function deleteLinkInBackground(name: string): Promise<void> {
  try {
    await requestInBackground(`link ${name}`, 0, RTM_DELLINK, linkHeader(), [text(IFLA.ifname, name)]);
  } catch (error) {
    if (errnoOf(error) !== "ENODEV") throw error;
  }
}

/** struct ifinfomsg. */
export function linkHeader({ index = 0, flags = 0, changed = 0 } = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(changed, 12);
  return header;
}

export function decodeLink({ body }: Message): Link {
  const attributes = decodeAttributes(body.subarray(16));
  const info = attributes.get(IFLA.linkinfo);
  return {
    index: body.readInt32LE(4),
    name: textOf(attributes.get(IFLA.ifname)) ?? "",
    kind: info === undefined ? undefined : textOf(decodeAttributes(info).get(INFO_KIND)),
    macAddress: decodeMac(attributes.get(IFLA.address)),
    mtu: attributes.get(IFLA.mtu)?.readUInt32LE() ?? 0,
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
    master: attributes.get(IFLA.master)?.readUInt32LE(),
    alias: textOf(attributes.get(IFLA.ifalias)) ?? "",
  };
}

export function encodeMac(address: string): Buffer {
  return Buffer.from(address.replaceAll(":", ""), "hex");
}

function decodeMac(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
