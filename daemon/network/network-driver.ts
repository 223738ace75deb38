/**
 * Networks as validate / setup / teardown. A sandbox is a network namespace pinned to a file; an endpoint joins one sandbox
 * to one network. Everything is done by netlink, nftables and setns in process, synchronously: it is on the start path.
 */
export interface Sandboxes {
  /** A new namespace pinned at `path`, with `lo` up and the defaults that a private namespace gets. */
  create(path: string): void;
  /** The namespace that a process already has, pinned at `path` and with the same defaults. Nothing to do where one is pinned. */
  adopt(path: string, pid: number): void;
  /** Unpins; the kernel ends it with its last process. Idempotent. */
  remove(path: string): void;
}

/** Addresses of one family. */
export interface Subnet {
  /** CIDR, e.g. `172.17.0.0/16`. */
  readonly subnet: string;
  /** The bridge's own address, without the prefix. */
  readonly gateway: string;
}

/**
 * How a family of a bridge network meets the world. nat: only published ports, under the host's address; nat-unprotected: also
 * every port, to whoever routes to it; routed: published ports under the container's own address; isolated: the bridge has no
 * address, so not even the host is on the network.
 */
export type GatewayMode = "nat" | "nat-unprotected" | "routed" | "isolated";

/** Without IPv4, `subnet` and `gateway` are "". */
export interface BridgeNetwork extends Subnet {
  readonly id: string;
  readonly name: string;
  readonly bridge: string;
  /** Undefined: no IPv6 in this network. */
  readonly ipv6?: Subnet;
  /** nat where nothing is said. */
  readonly mode4?: GatewayMode;
  readonly mode6?: GatewayMode;
  /** Of its interfaces. */
  readonly mtu: number;
  /** Of what leaves by the default route; undefined is no less than the interfaces'. */
  readonly outsideMtu?: number;
  /** Containers reach other networks under the host's address. */
  readonly masquerade: boolean;
  /** No way out and none in. */
  readonly internal: boolean;
  /** False: containers of the network do not reach each other (enable_icc). */
  readonly interContainer: boolean;
}

export interface BridgeDriver {
  /**
   * Makes or repairs the bridge, its address, the nftables table and forwarding. Idempotent.
   * @throws EngineError Conflict when the bridge's name belongs to another daemon.
   */
  setup(network: BridgeNetwork): void;
  /** Removes the bridge, unless it was there before us, and its rules. Idempotent. */
  teardown(network: BridgeNetwork): void;
  /**
   * Joins a sandbox: veth pair, address, default route; and puts our rules back where someone flushed them. A crash midway
   * leaves a veth that `sweep` finds by its name. When it throws, nothing is left.
   */
  connect(network: BridgeNetwork, endpoint: EndpointPlan): void;
  /** Idempotent. Returns at once: the kernel takes 20 ms for it, on another thread. */
  disconnect(endpoint: { readonly hostInterface: string }): void;
  /** The way out of a sandbox that is on several networks; "" leaves a family as it is. */
  setDefaultRoute(sandboxPath: string, gateways: Gateways): void;
  /**
   * Publishes ports of an endpoint on the host. All or none. The ports are held until `unpublish`, or this process ends; the
   * kernel goes on without it.
   * @param owner the endpoint's id.
   * @throws EngineError Conflict when a port is taken, InvalidParameter when the host has no such address.
   */
  publish(owner: string, requests: readonly PortRequest[], target: PortTarget): readonly PublishedPort[];
  /** Idempotent. */
  unpublish(owner: string): void;
  /** Removes our bridges and host interfaces that are not in `known`, in the background too. */
  sweep(known: ReadonlySet<string>): void;
  /** A name for the host's end, by which this daemon knows it as its own. */
  hostInterfaceFor(endpointId: string): string;
  /** Resolves when nothing is being removed in the background. */
  settled(): Promise<void>;
}

/** Of a default route; "" is a family without one. */
export interface Gateways {
  readonly ipv4: string;
  readonly ipv6: string;
  /** Name of an interface: what is outside is reached over it, without a gateway. */
  readonly onLink?: string;
  /** Undefined: that of the interface. */
  readonly mtu?: number | undefined;
}

/** Networks of interfaces on top of one of the host's: its other end is the wire, and the host has no part in it. */
export interface ParentNetwork {
  readonly id: string;
  /** One that does not exist is made: a VLAN for `eth0.10`, and a `dm-…` that leads nowhere. */
  readonly parent: string;
  readonly type:
    | { readonly kind: "macvlan"; readonly mode: "bridge" | "private" | "vepa" | "passthru" }
    | {
        readonly kind: "ipvlan";
        readonly mode: "l2" | "l3" | "l3s";
        readonly flag: "bridge" | "private" | "vepa";
      };
}

export interface ParentDriver {
  /**
   * Makes the parent where it is one of ours to make. Idempotent.
   * @throws EngineError InvalidParameter for parents that cannot be, NotImplemented for kinds that the kernel does not have.
   */
  setup(network: ParentNetwork): void;
  /** Removes a parent that was made for it. Idempotent. */
  teardown(network: ParentNetwork): void;
  /** When it throws, nothing is left. A crash midway leaves an interface that goes with its sandbox. */
  connect(network: ParentNetwork, endpoint: EndpointPlan): void;
  /** Idempotent. Returns at once. */
  disconnect(endpoint: { readonly sandboxPath: string; readonly containerInterface: string }): void;
  /** Resolves when nothing is being removed in the background. */
  settled(): Promise<void>;
}

export interface EndpointPlan {
  readonly sandboxPath: string;
  /** Of a bridge; "" for others. */
  readonly hostInterface: string;
  readonly containerInterface: string;
  /** Without the prefix; "" for a network without IPv4. */
  readonly ipAddress: string;
  readonly prefixLength: number;
  /** Of the default route; "" is none. */
  readonly gateway: string;
  readonly ipv6?: { readonly address: string; readonly prefixLength: number; readonly gateway: string };
  /** Beside those of the network. */
  readonly linkLocalAddresses?: readonly string[];
  readonly macAddress: string;
  /** The default route needs no gateway: the interface itself leads there. */
  readonly onLink?: boolean;
  /** The user chose how TCP sends (net.ipv4.tcp_congestion_control): to neighbours as to everybody. */
  readonly keepsCongestionControl?: boolean;
  /** Settings of the interface: path below /proc/sys, with its name in it, to value. */
  readonly sysctls?: readonly (readonly [path: string, value: string])[];
}

export interface PublishedPort {
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** An address of the host; `0.0.0.0` and `::` are all of their family. */
  readonly hostIp: string;
  /** 0 where the network is routed: the port is open at the container's own address. */
  readonly hostPort: number;
}

export interface PortRequest extends PublishedPort {
  /** The last of a range, of which the first free one is taken; 0 or `hostPort` is no range. `hostPort` 0 is any free port. */
  readonly hostPortEnd: number;
}

/** The container's addresses, and where it is plugged in. */
export interface PortTarget {
  readonly hostInterface: string;
  /** "" without IPv4. */
  readonly ipv4: string;
  readonly ipv6?: string;
  /** Families whose ports are opened, not translated. */
  readonly routed?: readonly (4 | 6)[];
}

/** Addresses of one network, of one family. In memory, rebuilt at start from the records. */
export interface AddressPool {
  /**
   * The lowest free address, or `wanted` if it is free.
   * @throws EngineError Forbidden when taken, InvalidParameter when it is outside, Unavailable when the pool is empty.
   */
  allocate(wanted?: string): string;
  /** Takes it whatever the state: it is in use. What lies outside is left alone. */
  reserve(address: string): void;
  /** Idempotent. */
  release(address: string): void;
}
