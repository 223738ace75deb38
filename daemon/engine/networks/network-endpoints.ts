import { isKind } from "../../base/errors.ts";
import type {
  AddressPool,
  BridgeDriver,
  EndpointPlan,
  ParentDriver,
  PortRequest,
} from "../../network/network-driver.ts";
import type { EndpointRecord, EndpointSettings } from "../model/container.ts";
import { isIpv4, poolsOf } from "../model/network.ts";
import type { IpamPool, NetworkRecord } from "../services.ts";
import { bridgeOf } from "./bridge-network.ts";
import { FamilyPools, type Allocation } from "./network-pools.ts";
import { sysctlsOf } from "./endpoint-options.ts";
import { hasParent, isOnLink, parentOf } from "./parent-network.ts";
import { publishError } from "./port-requests.ts";

export interface NetworkEndpointsDeps {
  readonly bridge: BridgeDriver;
  readonly parents: ParentDriver;
  /** @param more of the network's own: the part to take from, and what is never given out beside the gateway. */
  readonly poolFor: (
    subnet: string,
    gateway: string,
    more?: { readonly range?: string; readonly reserved?: readonly string[] },
  ) => AddressPool;
  /** The rule for MAC addresses of endpoints. */
  readonly macFor: (address: string) => string;
}

/** Where an endpoint is made. */
export interface Place {
  readonly sandboxPath: string;
  readonly containerInterface: string;
  /** The default route goes over this network. */
  readonly isWayOut: boolean;
  /** As in EndpointPlan. */
  readonly keepsCongestionControl: boolean;
}

interface Pools {
  readonly ipv4: FamilyPools;
  readonly ipv6: FamilyPools;
}

const NO_ADDRESS: Allocation = { address: "", prefixLength: 0, gateway: "" };

/** Endpoints of networks that have addresses, and the addresses that they hold. All of it is synchronous kernel work. */
export class NetworkEndpoints {
  readonly #deps: NetworkEndpointsDeps;
  readonly #pools = new Map<string, Pools>();
  readonly #ready = new Set<string>();

  constructor(deps: NetworkEndpointsDeps) {
    this.#deps = deps;
  }

  /** The bridge and its rules, or the parent: once a life of the daemon. */
  setup(network: NetworkRecord): void {
    if (this.#ready.has(network.id) || !hasAddresses(network)) return;
    if (hasParent(network)) this.#deps.parents.setup(parentOf(network));
    else this.#deps.bridge.setup(bridgeOf(network));
    this.#ready.add(network.id);
  }

  /** Idempotent. @param keepsParent another network is on it. */
  teardown(network: NetworkRecord, { keepsParent = false } = {}): void {
    this.#ready.delete(network.id);
    this.#pools.delete(network.id);
    if (network.driver === "bridge") this.#deps.bridge.teardown(bridgeOf(network));
    else if (hasParent(network) && !keepsParent) this.#deps.parents.teardown(parentOf(network));
  }

  /** All or nothing. @throws EngineError for addresses that cannot be had. */
  attach(network: NetworkRecord, settings: EndpointSettings, endpointId: string, place: Place): EndpointRecord {
    using undo = new DisposableStack();
    this.setup(network);
    const pools = this.#poolsOf(network);
    const ipv4 = pools.ipv4.allocate(settings.ipv4Address) ?? NO_ADDRESS;
    undo.defer(() => pools.ipv4.release(ipv4.address));
    const ipv6 = pools.ipv6.allocate(settings.ipv6Address) ?? NO_ADDRESS;
    undo.defer(() => pools.ipv6.release(ipv6.address));
    // An internal network has a bridge with an address, but no way out over it.
    const router = (gateway: string): string => (network.internal ? "" : gateway);
    const endpoint: EndpointRecord = {
      networkId: network.id,
      endpointId,
      ipAddress: ipv4.address,
      ipPrefixLen: ipv4.prefixLength,
      gateway: router(ipv4.gateway),
      globalIpv6Address: ipv6.address,
      globalIpv6PrefixLen: ipv6.prefixLength,
      ipv6Gateway: router(ipv6.gateway),
      macAddress: this.#macOf(network, settings, ipv4.address || ipv6.address),
      aliases: [...new Set(settings.aliases ?? [])],
      hostInterface: hasParent(network) ? "" : this.#deps.bridge.hostInterfaceFor(endpointId),
      containerInterface: place.containerInterface,
    };
    this.#connect(network, planOf(network, settings, endpoint, place));
    undo.move();
    return endpoint;
  }

  /** ipvlan has its parent's. */
  #macOf({ driver }: NetworkRecord, { macAddress }: EndpointSettings, address: string): string {
    return driver === "ipvlan" ? "" : (macAddress ?? this.#deps.macFor(address));
  }

  #connect(network: NetworkRecord, plan: EndpointPlan): void {
    const { bridge, parents } = this.#deps;
    if (hasParent(network)) {
      parents.connect(parentOf(network), plan);
      return;
    }
    try {
      bridge.connect(bridgeOf(network), plan);
    } catch (error) {
      // What the user asked for is wrong; anything else may be a bridge that someone removed by hand.
      if (isKind(error, "InvalidParameter")) throw error;
      // Once, and let a second failure speak.
      bridge.setup(bridgeOf(network));
      bridge.connect(bridgeOf(network), plan);
    }
  }

  /**
   * Publishes ports over an endpoint, all or none.
   * @returns the endpoint as it is then.
   * @throws EngineError Conflict "… port is already allocated".
   */
  publish(
    network: NetworkRecord,
    endpoint: EndpointRecord,
    requests: readonly PortRequest[],
    container: string,
  ): EndpointRecord {
    if (requests.length === 0 || network.driver !== "bridge") return endpoint;
    const { endpointId, hostInterface, ipAddress, globalIpv6Address } = endpoint;
    try {
      const { mode4, mode6 } = bridgeOf(network);
      const routed = [...(mode4 === "routed" ? [4 as const] : []), ...(mode6 === "routed" ? [6 as const] : [])];
      const target = { hostInterface, ipv4: ipAddress, ipv6: globalIpv6Address, routed };
      return { ...endpoint, ports: this.#deps.bridge.publish(endpointId, requests, target) };
    } catch (error) {
      throw publishError(container, endpointId, error);
    }
  }

  /** Idempotent. */
  detach(endpoint: EndpointRecord, sandboxPath: string): void {
    const { hostInterface, containerInterface } = endpoint;
    if (hostInterface !== "") {
      this.#deps.bridge.unpublish(endpoint.endpointId);
      this.#deps.bridge.disconnect({ hostInterface });
    } else if (containerInterface !== undefined) this.#deps.parents.disconnect({ sandboxPath, containerInterface });
    const pools = this.#pools.get(endpoint.networkId);
    if (endpoint.ipAddress !== "") pools?.ipv4.release(endpoint.ipAddress);
    if (endpoint.globalIpv6Address !== "") pools?.ipv6.release(endpoint.globalIpv6Address);
  }

  /** After a restart of the daemon: its addresses are taken. */
  reserve(network: NetworkRecord, endpoint: EndpointRecord): void {
    const pools = this.#poolsOf(network);
    if (endpoint.ipAddress !== "") pools.ipv4.reserve(endpoint.ipAddress);
    if (endpoint.globalIpv6Address !== "") pools.ipv6.reserve(endpoint.globalIpv6Address);
  }

  #poolsOf(network: NetworkRecord): Pools {
    const known = this.#pools.get(network.id);
    if (known !== undefined) return known;
    const addressesOf = ({ subnet, gateway, ipRange, auxiliaryAddresses = {} }: IpamPool): AddressPool =>
      this.#deps.poolFor(subnet, gateway, { range: ipRange, reserved: Object.values(auxiliaryAddresses) });
    const all = poolsOf(network);
    const pools = {
      ipv4: new FamilyPools(all.filter(isIpv4), addressesOf),
      ipv6: new FamilyPools(
        all.filter((pool) => !isIpv4(pool)),
        addressesOf,
      ),
    };
    this.#pools.set(network.id, pools);
    return pools;
  }
}

/** Not host, none, and what networks are made from. */
function hasAddresses(network: NetworkRecord): boolean {
  return network.driver === "bridge" || hasParent(network);
}

function planOf(
  network: NetworkRecord,
  settings: EndpointSettings,
  endpoint: EndpointRecord,
  { sandboxPath, containerInterface, isWayOut, keepsCongestionControl }: Place,
): EndpointPlan {
  const way = (gateway: string): string => (isWayOut ? gateway : "");
  return {
    sandboxPath,
    hostInterface: endpoint.hostInterface,
    containerInterface,
    ipAddress: endpoint.ipAddress,
    prefixLength: endpoint.ipPrefixLen,
    gateway: way(endpoint.gateway),
    ...(endpoint.globalIpv6Address !== "" && {
      ipv6: {
        address: endpoint.globalIpv6Address,
        prefixLength: endpoint.globalIpv6PrefixLen,
        gateway: way(endpoint.ipv6Gateway),
      },
    }),
    linkLocalAddresses: settings.linkLocalAddresses,
    macAddress: endpoint.macAddress,
    onLink: isOnLink(network),
    keepsCongestionControl,
    sysctls: sysctlsOf(settings.driverOptions ?? {}, containerInterface),
  };
}
