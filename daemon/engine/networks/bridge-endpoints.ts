import { EngineError } from "../../base/errors.ts";
import type { AddressPool, BridgeDriver, BridgeNetwork, PortRequest } from "../../network/network-driver.ts";
import type { EndpointRecord, EndpointSettings } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";
import { bridgeOf } from "./bridge-network.ts";
import { publishError } from "./port-requests.ts";

export interface BridgeEndpointsDeps {
  readonly bridge: BridgeDriver;
  /** @param more of the network's own: the part to take from, and what is never given out beside the gateway. */
  readonly poolFor: (
    subnet: string,
    gateway: string,
    more?: { readonly range?: string; readonly reserved?: readonly string[] },
  ) => AddressPool;
  /** Docker's rule for MAC addresses of endpoints. */
  readonly macFor: (ipAddress: string) => string;
}

/** Where an endpoint is made. */
export interface Place {
  readonly sandboxPath: string;
  readonly containerInterface: string;
  /** The default route goes over this network. */
  readonly isWayOut: boolean;
}

interface Pools {
  readonly ipv4: AddressPool;
  readonly ipv6: AddressPool | undefined;
}

/** Endpoints of bridge networks, and the addresses that they hold. All of it is synchronous kernel work. */
export class BridgeEndpoints {
  readonly #deps: BridgeEndpointsDeps;
  readonly #pools = new Map<string, Pools>();
  readonly #ready = new Set<string>();

  constructor(deps: BridgeEndpointsDeps) {
    this.#deps = deps;
  }

  /** The bridge and its rules, once a life of the daemon. */
  setup(network: NetworkRecord): void {
    if (this.#ready.has(network.id)) return;
    this.#deps.bridge.setup(bridgeOf(network));
    this.#ready.add(network.id);
  }

  /** Idempotent. */
  teardown(network: NetworkRecord): void {
    this.#ready.delete(network.id);
    this.#pools.delete(network.id);
    this.#deps.bridge.teardown(bridgeOf(network));
  }

  /** All or nothing. @throws EngineError for addresses that cannot be had. */
  attach(record: NetworkRecord, settings: EndpointSettings, endpointId: string, place: Place): EndpointRecord {
    using undo = new DisposableStack();
    const network = bridgeOf(record);
    this.setup(record);
    const pools = this.#poolsOf(record);
    const ipAddress = pools.ipv4.allocate(settings.ipv4Address);
    undo.defer(() => pools.ipv4.release(ipAddress));
    const globalIpv6Address = pools.ipv6?.allocate(settings.ipv6Address) ?? "";
    undo.defer(() => pools.ipv6?.release(globalIpv6Address));
    const endpoint: EndpointRecord = {
      networkId: record.id,
      endpointId,
      ipAddress,
      ipPrefixLen: prefixOf(network.subnet),
      // An internal network has a bridge with an address, but no way out over it.
      gateway: network.internal ? "" : network.gateway,
      globalIpv6Address,
      globalIpv6PrefixLen: network.ipv6 === undefined ? 0 : prefixOf(network.ipv6.subnet),
      ipv6Gateway: network.internal ? "" : (network.ipv6?.gateway ?? ""),
      macAddress: settings.macAddress ?? this.#deps.macFor(ipAddress),
      aliases: [...new Set(settings.aliases ?? [])],
      hostInterface: this.#deps.bridge.hostInterfaceFor(endpointId),
      containerInterface: place.containerInterface,
    };
    this.#connect(network, endpoint, place);
    undo.move();
    return endpoint;
  }

  #connect(network: BridgeNetwork, endpoint: EndpointRecord, place: Place): void {
    const { ipAddress, ipPrefixLen, gateway, hostInterface, macAddress } = endpoint;
    const plan = {
      sandboxPath: place.sandboxPath,
      hostInterface,
      containerInterface: place.containerInterface,
      ipAddress,
      prefixLength: ipPrefixLen,
      gateway: place.isWayOut ? gateway : "",
      ...(endpoint.globalIpv6Address !== "" && {
        ipv6: {
          address: endpoint.globalIpv6Address,
          prefixLength: endpoint.globalIpv6PrefixLen,
          gateway: place.isWayOut ? endpoint.ipv6Gateway : "",
        },
      }),
      macAddress,
    };
    try {
      this.#deps.bridge.connect(network, plan);
    } catch {
      // Someone may have removed the bridge by hand: set it up again, once, and let a second failure speak.
      this.#deps.bridge.setup(network);
      this.#deps.bridge.connect(network, plan);
    }
  }

  /**
   * Publishes ports over an endpoint, all or none.
   * @returns the endpoint as it is then.
   * @throws EngineError Conflict "… port is already allocated".
   */
  publish(endpoint: EndpointRecord, requests: readonly PortRequest[], container: string): EndpointRecord {
    if (requests.length === 0) return endpoint;
    const { endpointId, hostInterface, ipAddress, globalIpv6Address } = endpoint;
    try {
      const target = { hostInterface, ipv4: ipAddress, ipv6: globalIpv6Address };
      return { ...endpoint, ports: this.#deps.bridge.publish(endpointId, requests, target) };
    } catch (error) {
      throw publishError(container, endpointId, error);
    }
  }

  /** Idempotent. */
  detach(endpoint: EndpointRecord): void {
    if (endpoint.hostInterface === "") return;
    this.#deps.bridge.unpublish(endpoint.endpointId);
    this.#deps.bridge.disconnect({ hostInterface: endpoint.hostInterface });
    const pools = this.#pools.get(endpoint.networkId);
    pools?.ipv4.release(endpoint.ipAddress);
    if (endpoint.globalIpv6Address !== "") pools?.ipv6?.release(endpoint.globalIpv6Address);
  }

  /** After a restart of the daemon: its addresses are taken. */
  reserve(network: NetworkRecord, endpoint: EndpointRecord): void {
    const pools = this.#poolsOf(network);
    pools.ipv4.reserve(endpoint.ipAddress);
    if (endpoint.globalIpv6Address !== "") pools.ipv6?.reserve(endpoint.globalIpv6Address);
  }

  #poolsOf(network: NetworkRecord): Pools {
    const known = this.#pools.get(network.id);
    if (known !== undefined) return known;
    const { subnet, gateway } = bridgeOf(network);
    const poolFor = (
      pool: Pick<NetworkRecord, "ipRange" | "auxiliaryAddresses">,
      cidr: string,
      bridge: string,
    ): AddressPool =>
      this.#deps.poolFor(cidr, bridge, { range: pool.ipRange, reserved: Object.values(pool.auxiliaryAddresses ?? {}) });
    const { ipv6 } = network;
    const pools = {
      ipv4: poolFor(network, subnet, gateway),
      ipv6: ipv6 && poolFor(ipv6, ipv6.subnet, ipv6.gateway),
    };
    this.#pools.set(network.id, pools);
    return pools;
  }
}

function prefixOf(subnet: string): number {
  const prefix = Number(subnet.split("/")[1]);
  if (Number.isNaN(prefix)) throw new EngineError("Internal", `subnet ${subnet} has no prefix`);
  return prefix;
}
