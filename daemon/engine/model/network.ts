/** What a network is to the engine. */

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: "bridge" | "macvlan" | "ipvlan" | "host" | "null";
  readonly createdAt: string;
  readonly internal: boolean;
  /** IPv4, and what was decided where nothing was asked for. Undefined: it has none. */
  readonly subnet?: string;
  /** Undefined where the network has no router. */
  readonly gateway?: string;
  /** The gateway was nobody's choice beside a subnet that was: clients are not shown it. */
  readonly impliedGateway?: boolean;
  readonly ipRange?: string;
  /** Addresses that are never given out, by the name that the user has for them. */
  readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
  readonly ipv6?: IpamPool;
  /** Further ones of either family, where the driver can have several. */
  readonly morePools?: readonly IpamPool[];
  readonly attachable?: boolean;
  /** The subnet was the user's choice: static addresses are taken from such networks alone. */
  readonly ownSubnet?: boolean;
  /** No network: a wish that others are made from. */
  readonly configOnly?: NetworkWish;
  /** Name of the one that it was made from. */
  readonly configFrom?: string;
  readonly ipamOptions?: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamPool {
  readonly subnet: string;
  /** "" where the network has no router. */
  readonly gateway: string;
  /** As of a network. */
  readonly impliedGateway?: boolean;
  readonly ipRange?: string;
  readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** What `network create` asks for. */
export interface NetworkWish {
  readonly name: string;
  /** "" is bridge. */
  readonly driver: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  /** True where nothing is said. */
  readonly enableIpv4?: boolean;
  readonly enableIpv6: boolean;
  readonly configOnly?: boolean;
  /** Name or id of a network with `configOnly`. */
  readonly configFrom?: string;
  readonly ipam: {
    /** "" is default. */
    readonly driver: string;
    readonly options: Readonly<Record<string, string>>;
    /** Every field may be missing. */
    readonly configs: readonly Partial<IpamPool>[];
  };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** All pools of a network, each family in the order that the user gave: those of IPv4, then those of IPv6. */
export function poolsOf(network: NetworkRecord): readonly IpamPool[] {
  const { subnet, gateway = "", impliedGateway, ipRange, auxiliaryAddresses, ipv6, morePools = [] } = network;
  const first = subnet === undefined ? [] : [{ subnet, gateway, impliedGateway, ipRange, auxiliaryAddresses }];
  return [
    ...first,
    ...morePools.filter(isIpv4),
    ...(ipv6 === undefined ? [] : [ipv6]),
    ...morePools.filter((pool) => !isIpv4(pool)),
  ];
}

export function isIpv4({ subnet }: Pick<IpamPool, "subnet">): boolean {
  return !subnet.includes(":");
}
