/** Interfaces that are made on top of another one: macvlan, ipvlan, VLAN; and one on top of nothing (rtnetlink(7), ip-link(8)). */
import { type Attribute, attribute, nested, text, u16, u32 } from "./message.ts";
import { encodeMac, IFLA, INFO_DATA, INFO_KIND, linkHeader } from "./links.ts";
import type { NetlinkSocket } from "./socket.ts";

const RTM_NEWLINK = 16;
const CREATE_EXCLUSIVE = 0x400 | 0x200;
const [MACVLAN_MODE, IPVLAN_MODE, IPVLAN_FLAGS, VLAN_ID] = [1, 1, 2, 1];

/** enum macvlan_mode */
export const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
/** enum ipvlan_mode */
export const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const;
/** IPVLAN_F_* */
export const IPVLAN_FLAG_BITS = { bridge: 0, private: 1, vepa: 2 } as const;

export type StackedKind =
  | { readonly kind: "macvlan"; readonly mode: keyof typeof MACVLAN_MODES; readonly macAddress: string }
  /** It has its parent's MAC address. */
  | {
      readonly kind: "ipvlan";
      readonly mode: keyof typeof IPVLAN_MODES;
      readonly flag: keyof typeof IPVLAN_FLAG_BITS;
    };

export interface StackedLink {
  readonly name: string;
  /** Index, in the socket's namespace. */
  readonly parent: number;
  /** Descriptor of the network namespace that it appears in. */
  readonly namespace: number;
  readonly type: StackedKind;
}

/** Down, born in its namespace under its name. @throws SyscallError EOPNOTSUPP where the kernel has none of the kind. */
export function createStackedLink(socket: NetlinkSocket, { name, parent, namespace, type }: StackedLink): void {
  const data =
    type.kind === "macvlan"
      ? [u32(MACVLAN_MODE, MACVLAN_MODES[type.mode])]
      : [u16(IPVLAN_MODE, IPVLAN_MODES[type.mode]), u16(IPVLAN_FLAGS, IPVLAN_FLAG_BITS[type.flag])];
  const address = type.kind === "macvlan" ? [attribute(IFLA.address, encodeMac(type.macAddress))] : [];
  create(socket, name, type.kind, data, [u32(IFLA.link, parent), u32(IFLA.netNsFd, namespace), ...address]);
}

/** IEEE 802.1Q, down. @param id 1 to 4094. */
export function createVlan(socket: NetlinkSocket, name: string, parent: number, id: number): void {
  create(socket, name, "vlan", [u16(VLAN_ID, id)], [u32(IFLA.link, parent)]);
}

/** Leads nowhere: a parent for interfaces that reach only each other. Down. */
export function createDummy(socket: NetlinkSocket, name: string): void {
  create(socket, name, "dummy", [], []);
}

function create(
  socket: NetlinkSocket,
  name: string,
  kind: string,
  data: readonly Attribute[],
  more: readonly Attribute[],
): void {
  const info = [text(INFO_KIND, kind), ...(data.length > 0 ? [nested(INFO_DATA, data)] : [])];
  socket.request(`${kind} ${name}`, RTM_NEWLINK, CREATE_EXCLUSIVE, linkHeader(), [
    text(IFLA.ifname, name),
    ...more,
    nested(IFLA.linkinfo, info),
  ]);
}
