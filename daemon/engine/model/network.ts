/** What a network is to the engine. */

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: "bridge" | "host" | "null";
  readonly createdAt: string;
  readonly internal: boolean;
  /** IPv4, and what was decided where nothing was asked for. */
  readonly subnet?: string;
  readonly gateway?: string;
  readonly ipRange?: string;
  /** Addresses that are never given out, by the name that the user has for them. */
  readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
  readonly ipv6?: IpamPool;
  readonly attachable?: boolean;
  /** The subnet was the user's choice: static addresses are taken from such networks alone. */
  readonly ownSubnet?: boolean;
  readonly ipamOptions?: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamPool {
  readonly subnet: string;
  readonly gateway: string;
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
  readonly enableIpv6: boolean;
  readonly ipam: {
    /** "" is default. */
    readonly driver: string;
    readonly options: Readonly<Record<string, string>>;
    /** At most one of each family; every field may be missing. */
    readonly configs: readonly Partial<IpamPool>[];
  };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
