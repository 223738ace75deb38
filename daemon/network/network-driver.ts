/**
 * Networks as validate / setup / teardown. A sandbox is a network namespace pinned to a file; an endpoint joins one sandbox
 * to one network. Everything is done by netlink, nftables and setns in process.
 */
export interface Sandboxes {
  /** A new namespace pinned at `path`, with `lo` up and the defaults that a private namespace gets. Synchronous: it is on the start path. */
  create(path: string): void;
  /** Unpins; the kernel ends it with its last process. Idempotent. */
  remove(path: string): void;
}

export interface BridgeNetwork {
  readonly id: string;
  readonly name: string;
  readonly bridge: string;
  /** CIDR, e.g. `172.17.0.0/16`. */
  readonly subnet: string;
  readonly gateway: string;
  readonly mtu: number;
  readonly masquerade: boolean;
  readonly internal: boolean;
}

export interface BridgeDriver {
  /** Makes or repairs the bridge, its address, the nftables table and forwarding. Idempotent. */
  setup(network: BridgeNetwork): void;
  /** Removes the bridge and its rules. Idempotent. */
  teardown(network: BridgeNetwork): void;
  /** Joins a sandbox: veth pair, address, default route. A crash midway leaves a veth that `sweep` finds by its name. */
  connect(network: BridgeNetwork, endpoint: EndpointPlan): void;
  /** Idempotent. */
  disconnect(endpoint: { readonly hostInterface: string }): void;
  /** Removes our host interfaces that no endpoint names. */
  sweep(known: ReadonlySet<string>): void;
}

export interface EndpointPlan {
  readonly sandboxPath: string;
  readonly hostInterface: string;
  readonly containerInterface: string;
  /** Dotted, without the prefix. */
  readonly ipAddress: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
}

/** Addresses of one network. In memory, rebuilt at start from the records. */
export interface AddressPool {
  /** The next free address, or `wanted` if it is free. @throws EngineError Conflict when taken, Unavailable when the pool is empty. */
  allocate(wanted?: string): string;
  reserve(address: string): void;
  release(address: string): void;
}
