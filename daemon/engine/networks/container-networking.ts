import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { AddressPool, BridgeDriver, BridgeNetwork, Sandboxes } from "../../network/network-driver.ts";
import type { Container, EndpointRecord } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";
import type { NetworkStore } from "./networks.ts";

export interface ContainerNetworkingDeps {
  readonly networks: NetworkStore;
  readonly sandboxes: Sandboxes;
  readonly bridge: BridgeDriver;
  readonly poolFor: (subnet: string, gateway: string) => AddressPool;
  /** Docker's rule for MAC addresses of endpoints. */
  readonly macFor: (ipAddress: string) => string;
}

/** Where a start puts a container's processes on the network. */
export interface Joined {
  /** A pinned namespace to enter; undefined: the host's, another container's, or one that runc makes itself. */
  readonly sandboxPath: string | undefined;
  readonly endpoints: Readonly<Record<string, EndpointRecord>>;
}

const NO_ADDRESS = {
  gateway: "",
  ipAddress: "",
  ipPrefixLen: 0,
  ipv6Gateway: "",
  globalIpv6Address: "",
  globalIpv6PrefixLen: 0,
  macAddress: "",
  aliases: [],
  hostInterface: "",
};

/** Joins containers to networks at start and takes them off at their end. All of it is synchronous kernel work. */
export class ContainerNetworking {
  readonly #deps: ContainerNetworkingDeps;
  readonly #pools = new Map<string, AddressPool>();
  readonly #ready = new Set<string>();

  constructor(deps: ContainerNetworkingDeps) {
    this.#deps = deps;
  }

  join(container: Container, sandboxPath: string): Joined {
    const mode = container.spec.host.network;
    if (mode.startsWith("container:")) return { sandboxPath: undefined, endpoints: {} };
    const network = this.#deps.networks.get(mode === "default" || mode === "" ? "bridge" : mode);
    const plain: EndpointRecord = { networkId: network.id, endpointId: newId(), ...NO_ADDRESS };
    switch (network.driver) {
      case "host":
      case "null":
        return { sandboxPath: undefined, endpoints: { [network.name]: plain } };
      case "bridge":
        return { sandboxPath, endpoints: { [network.name]: this.#joinBridge(network, plain, sandboxPath) } };
    }
  }

  #joinBridge(record: NetworkRecord, plain: EndpointRecord, sandboxPath: string): EndpointRecord {
    using undo = new DisposableStack();
    const { sandboxes, bridge, macFor } = this.#deps;
    const network = bridgeOf(record);
    if (!this.#ready.has(network.id)) {
      bridge.setup(network);
      this.#ready.add(network.id);
    }
    const pool = this.#pool(network);
    const ipAddress = pool.allocate();
    undo.defer(() => pool.release(ipAddress));
    const endpoint: EndpointRecord = {
      ...plain,
      ipAddress,
      ipPrefixLen: Number(network.subnet.split("/")[1]),
      gateway: network.gateway,
      macAddress: macFor(ipAddress),
      hostInterface: bridge.hostInterfaceFor(plain.endpointId),
    };
    sandboxes.create(sandboxPath);
    undo.defer(() => sandboxes.remove(sandboxPath));
    this.#connect(network, endpoint, sandboxPath);
    undo.move();
    return endpoint;
  }

  #connect(network: BridgeNetwork, endpoint: EndpointRecord, sandboxPath: string): void {
    const plan = {
      sandboxPath,
      hostInterface: endpoint.hostInterface,
      containerInterface: "eth0",
      ipAddress: endpoint.ipAddress,
      prefixLength: endpoint.ipPrefixLen,
      gateway: endpoint.gateway,
      macAddress: endpoint.macAddress,
    };
    try {
      this.#deps.bridge.connect(network, plan);
    } catch {
      // Someone may have removed the bridge by hand: set it up again, once, and let a second failure speak.
      this.#deps.bridge.setup(network);
      this.#deps.bridge.connect(network, plan);
    }
  }

  #pool(network: BridgeNetwork): AddressPool {
    const known = this.#pools.get(network.id);
    if (known !== undefined) return known;
    const pool = this.#deps.poolFor(network.subnet, network.gateway);
    this.#pools.set(network.id, pool);
    return pool;
  }

  /** Idempotent. */
  leave(endpoints: Readonly<Record<string, EndpointRecord>>, sandboxPath: string): void {
    for (const endpoint of Object.values(endpoints)) {
      if (endpoint.hostInterface === "") continue;
      this.#deps.bridge.disconnect({ hostInterface: endpoint.hostInterface });
      this.#pools.get(endpoint.networkId)?.release(endpoint.ipAddress);
      this.#deps.sandboxes.remove(sandboxPath);
    }
  }

  /** After a restart of the daemon: the addresses of what runs are taken, and the bridge and its rules hold. */
  restore(running: readonly Container[]): void {
    const known = new Set<string>();
    for (const { endpoints } of running) {
      for (const endpoint of Object.values(endpoints)) {
        if (endpoint.hostInterface === "") continue;
        const network = bridgeOf(this.#deps.networks.get(endpoint.networkId));
        this.#pool(network).reserve(endpoint.ipAddress);
        known.add(endpoint.hostInterface);
        if (this.#ready.has(network.id)) continue;
        this.#deps.bridge.setup(network);
        this.#ready.add(network.id);
      }
    }
    this.#deps.bridge.sweep(known);
  }

  /**
   * The daemon stops. Networks of running containers stay as they are; bridges that nobody is on go, with their rules.
   * @param running as for `restore`.
   */
  async close(running: readonly Container[]): Promise<void> {
    const used = new Set(running.flatMap(({ endpoints }) => Object.values(endpoints).map((each) => each.networkId)));
    for (const network of this.#deps.networks.list(new Map())) {
      if (network.driver !== "bridge" || used.has(network.id)) continue;
      this.#deps.bridge.teardown(bridgeOf(network));
      this.#ready.delete(network.id);
    }
    await this.#deps.bridge.settled();
  }
}

function bridgeOf(network: NetworkRecord): BridgeNetwork {
  const { subnet, gateway } = network;
  if (subnet === undefined || gateway === undefined)
    throw new EngineError("Internal", `network ${network.name} has no subnet`);
  return {
    id: network.id,
    name: network.name,
    bridge: network.options["com.docker.network.bridge.name"] ?? `br-${network.id.slice(0, 12)}`,
    subnet,
    gateway,
    mtu: Number(network.options["com.docker.network.driver.mtu"] ?? 1500),
    masquerade: network.options["com.docker.network.bridge.enable_ip_masquerade"] !== "false",
    internal: network.internal,
    interContainer: network.options["com.docker.network.bridge.enable_icc"] !== "false",
  };
}
