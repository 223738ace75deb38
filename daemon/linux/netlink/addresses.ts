/** Addresses and routes of interfaces by rtnetlink(7): RTM_*ADDR, RTM_*ROUTE. Addresses are 4 or 16 bytes, in network order. */
import { errnoOf } from "../../base/errors.ts";
import { attribute, decodeAttributes, type Message, nested, u32 } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

const [RTM_NEWADDR, RTM_GETADDR] = [20, 22];
const [RTM_NEWROUTE, RTM_GETROUTE] = [24, 26];
const CREATE_EXCLUSIVE = 0x400 | 0x200;
const CREATE_REPLACE = 0x400 | 0x100;
const [AF_INET, AF_INET6] = [2, 10];
const FAMILIES = { 4: AF_INET, 6: AF_INET6 } as const;
const IFA = { address: 1, local: 2, broadcast: 4, flags: 8 } as const;
const IFA_F_NODAD = 2;
const RTA = { dst: 1, oif: 4, gateway: 5, priority: 6, prefsrc: 7, metrics: 8, table: 15 } as const;
const [RTAX_MTU, RTAX_CC_ALGO] = [2, 16];
const [RTPROT_KERNEL, IPV6_CONNECTED_PRIORITY] = [2, 256];
const [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RTN_UNICAST] = [254, 3, 0, 253, 1];

export interface InterfaceAddress {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  /** Index of its interface. */
  readonly link: number;
}

export interface Route {
  /** Undefined is the default route. */
  readonly destination: Uint8Array | undefined;
  readonly prefixLength: number;
  readonly gateway: Uint8Array | undefined;
  readonly link: number | undefined;
}

const familyOf = (address: Uint8Array): number => (address.byteLength === 4 ? AF_INET : AF_INET6);

/** Idempotent. An IPv6 address is usable at once: nobody else can have what we give out. */
export function addAddress(socket: NetlinkSocket, { link, address, prefixLength }: InterfaceAddress): void {
  const attributes = [attribute(IFA.local, address), attribute(IFA.address, address)];
  if (address.byteLength === 16) attributes.push(u32(IFA.flags, IFA_F_NODAD));
  else if (prefixLength < 31) attributes.push(attribute(IFA.broadcast, broadcastOf(address, prefixLength)));
  try {
    socket.request("address", RTM_NEWADDR, CREATE_EXCLUSIVE, addressHeader(address, prefixLength, link), attributes);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Of both families. */
export function listAddresses(socket: NetlinkSocket): readonly InterfaceAddress[] {
  return socket.dump("addresses", RTM_GETADDR, Buffer.alloc(8)).flatMap(decodeAddress);
}

export interface NewRoute {
  /** Undefined: the default route. */
  readonly destination?: Uint8Array;
  readonly prefixLength?: number;
  readonly gateway?: Uint8Array;
  /** Index of an interface; not needed beside a gateway that one of them reaches. */
  readonly link?: number;
  /** Needed where no address says it. */
  readonly family?: 4 | 6;
  /** Of what takes it, in bytes; undefined is that of the interface. */
  readonly mtu?: number | undefined;
}

/** @throws SyscallError EEXIST when there is one. */
export function addRoute(socket: NetlinkSocket, route: NewRoute): void {
  newRoute(socket, CREATE_EXCLUSIVE, route);
}

/** In the place of another one, where there is one. */
export function replaceDefaultRoute(socket: NetlinkSocket, route: Omit<NewRoute, "destination">): void {
  newRoute(socket, CREATE_REPLACE, route);
}

function newRoute(socket: NetlinkSocket, flags: number, route: NewRoute): void {
  const { destination, prefixLength = 0, gateway, link, mtu } = route;
  const known = gateway ?? destination;
  const family = known === undefined ? FAMILIES[route.family ?? 4] : familyOf(known);
  const header = Buffer.alloc(12);
  header.set([family, prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT]);
  header.set([gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, RTN_UNICAST], 6);
  socket.request("route", RTM_NEWROUTE, flags, header, [
    ...(destination === undefined ? [] : [attribute(RTA.dst, destination)]),
    ...(gateway === undefined ? [] : [attribute(RTA.gateway, gateway)]),
    ...(link === undefined ? [] : [u32(RTA.oif, link)]),
    ...(mtu === undefined ? [] : [nested(RTA.metrics, [u32(RTAX_MTU, mtu)])]),
  ]);
}

/**
 * Of TCP, to the network of an address, by the route that the kernel made for it. It goes with the address, as before. Where another
 * interface has a route to the same network nothing is done: the kernel would put ours in its place.
 * @throws SyscallError EINVAL when the kernel has no such congestion control.
 */
export function setCongestionControl(
  socket: NetlinkSocket,
  { link, address, prefixLength }: InterfaceAddress,
  name: string,
): void {
  const network = networkOf(address, prefixLength);
  const same = listRoutes(socket).filter(
    (each) => each.prefixLength === prefixLength && Buffer.from(network).equals(each.destination ?? Buffer.alloc(0)),
  );
  if (same.length !== 1 || same[0]?.link !== link) return;
  const header = Buffer.alloc(12);
  header.set([familyOf(address), prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_KERNEL, RT_SCOPE_LINK, RTN_UNICAST]);
  const ipv6 = address.byteLength === 16;
  if (ipv6) header.writeUInt8(RT_SCOPE_UNIVERSE, 6);
  socket.request("route", RTM_NEWROUTE, CREATE_REPLACE, header, [
    attribute(RTA.dst, network),
    u32(RTA.oif, link),
    ipv6 ? u32(RTA.priority, IPV6_CONNECTED_PRIORITY) : attribute(RTA.prefsrc, address),
    nested(RTA.metrics, [attribute(RTAX_CC_ALGO, Buffer.from(`${name}\0`))]),
  ]);
}

/** Unicast routes of the main table, both families. */
export function listRoutes(socket: NetlinkSocket): readonly Route[] {
  return socket.dump("routes", RTM_GETROUTE, Buffer.alloc(12)).flatMap(decodeRoute);
}

/** struct ifaddrmsg. */
function addressHeader(address: Uint8Array, prefixLength: number, link: number): Buffer {
  const header = Buffer.alloc(8);
  header.set([familyOf(address), prefixLength]);
  header.writeUInt32LE(link, 4);
  return header;
}

export function decodeAddress({ body }: Message): readonly InterfaceAddress[] {
  const attributes = decodeAttributes(body.subarray(8));
  const address = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  if (address === undefined) return [];
  return [{ address, prefixLength: body.readUInt8(1), link: body.readUInt32LE(4) }];
}

/** struct rtmsg. */
function decodeRoute({ body }: Message): readonly Route[] {
  const attributes = decodeAttributes(body.subarray(12));
  const table = attributes.get(RTA.table)?.readUInt32LE() ?? body.readUInt8(4);
  if (table !== RT_TABLE_MAIN || body.readUInt8(7) !== RTN_UNICAST) return [];
  return [
    {
      destination: attributes.get(RTA.dst),
      prefixLength: body.readUInt8(1),
      gateway: attributes.get(RTA.gateway),
      link: attributes.get(RTA.oif)?.readUInt32LE(),
    },
  ];
}

function networkOf(address: Uint8Array, prefixLength: number): Uint8Array {
  return address.map((byte, at) => byte & ~(0xff >> Math.min(8, Math.max(0, prefixLength - at * 8))));
}

function broadcastOf(address: Uint8Array, prefixLength: number): Uint8Array {
  return address.map((byte, at) => byte | (0xff >> Math.min(8, Math.max(0, prefixLength - at * 8))));
}
