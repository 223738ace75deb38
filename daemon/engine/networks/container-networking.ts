import type { Logger } from "../../base/logger.ts";
import { newId } from "../../base/ids.ts";
import type { Sandboxes } from "../../network/network-driver.ts";
import type { Container, EndpointRecord, EndpointSettings } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";
import { BridgeEndpoints, type BridgeEndpointsDeps } from "./bridge-endpoints.ts";
import { bridgeOf } from "./bridge-network.ts";
import type { ContainerNames } from "./container-names.ts";
import { checkWishes, freeInterface, wayOut, wishesOf, type EndpointWish, type WayOut } from "./endpoint-wishes.ts";
import type { NetworkStore } from "./networks.ts";
import { portRequests, sameRequests } from "./port-requests.ts";

export interface ContainerNetworkingDeps extends BridgeEndpointsDeps {
  readonly networks: NetworkStore;
  readonly sandboxes: Sandboxes;
  /** Without it nobody is told names. */
  readonly names?: ContainerNames;
  readonly log: Logger;
}

/** Where a start puts a container's processes on the network. */
export interface Joined {
  /** A pinned namespace to enter; undefined: the host's, another container's, or one that runc makes itself. */
  readonly sandboxPath: string | undefined;
  readonly endpoints: Endpoints;
}

/** By network name. */
export type Endpoints = Readonly<Record<string, EndpointRecord>>;

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
  readonly #bridges: BridgeEndpoints;

  constructor(deps: ContainerNetworkingDeps) {
    this.#deps = deps;
    this.#bridges = new BridgeEndpoints(deps);
  }

  /** All of its networks or none. @throws EngineError when one of them cannot give what was asked for. */
  join(container: Container, sandboxPath: string): Joined {
    const wishes = wishesOf(container, (ref) => this.#deps.networks.get(ref));
    checkWishes(wishes);
    const [first] = wishes;
    if (first === undefined && container.spec.host.network.startsWith("container:"))
      return { sandboxPath: undefined, endpoints: {} };
    if (first !== undefined && first.network.driver !== "bridge") {
      const plain = { networkId: first.network.id, endpointId: newId(), ...NO_ADDRESS };
      return { sandboxPath: undefined, endpoints: { [first.network.name]: plain } };
    }
    return { sandboxPath, endpoints: this.#joinBridges(container, wishes, sandboxPath) };
  }

  #joinBridges(container: Container, wishes: readonly EndpointWish[], sandboxPath: string): Endpoints {
    using undo = new DisposableStack();
    const { sandboxes } = this.#deps;
    sandboxes.create(sandboxPath);
    undo.defer(() => sandboxes.remove(sandboxPath));
    const out = wayOut(wishes.map(({ network, settings }) => candidate(network, settings)));
    const endpoints: Record<string, EndpointRecord> = {};
    for (const { network, settings } of wishes) {
      const containerInterface = `eth${Object.keys(endpoints).length}`;
      const place = { sandboxPath, containerInterface, isWayOut: network.name === out };
      const endpoint = this.#bridges.attach(network, settings, newId(), place);
      undo.defer(() => this.#bridges.detach(endpoint));
      endpoints[network.name] = place.isWayOut ? this.#publish(container, network, endpoint) : endpoint;
    }
    undo.defer(() => this.#deps.names?.remove(endpoints, sandboxPath));
    this.#deps.names?.put(container, endpoints);
    undo.move();
    return endpoints;
  }

  /** Ports are published over the way out; an internal network publishes none. */
  #publish({ name, spec }: Container, network: NetworkRecord, endpoint: EndpointRecord): EndpointRecord {
    return network.internal ? endpoint : this.#bridges.publish(endpoint, portRequests(spec, network), name);
  }

  /** Makes the bridge of a network that was just created. @throws EngineError Conflict when its name is taken. */
  setup(network: NetworkRecord): void {
    this.#bridges.setup(network);
  }

  /** Idempotent. */
  teardown(network: NetworkRecord): void {
    this.#bridges.teardown(network);
  }

  /**
   * One more network for a container that runs.
   * @param container with the wish in its spec already.
   * @throws EngineError as `join` does.
   */
  connect(container: Container, network: NetworkRecord, sandboxPath: string): Endpoints {
    const settings = container.spec.networks?.[network.name] ?? {};
    const place = {
      sandboxPath,
      containerInterface: freeInterface(Object.values(container.endpoints)),
      isWayOut: false,
    };
    using undo = new DisposableStack();
    const endpoint = this.#bridges.attach(network, settings, newId(), place);
    undo.defer(() => this.#bridges.detach(endpoint));
    const endpoints = this.#route(container, { ...container.endpoints, [network.name]: endpoint }, sandboxPath);
    this.#deps.names?.put(container, endpoints);
    undo.move();
    return endpoints;
  }

  /** Resolves when the interface is gone. Idempotent. */
  async disconnect(container: Container, network: NetworkRecord, sandboxPath: string): Promise<Endpoints> {
    const { [network.name]: endpoint, ...others } = container.endpoints;
    if (endpoint === undefined) return others;
    // Nobody is sent to an address that is about to be another's.
    this.#deps.names?.leave(container, endpoint, others);
    // Before the new way out takes them over.
    this.#deps.bridge.unpublish(endpoint.endpointId);
    // Before the interface goes, and the way out with it: a container should not be without one in between.
    const endpoints = this.#route(container, others, sandboxPath);
    this.#bridges.detach(endpoint);
    await this.#deps.bridge.settled();
    return endpoints;
  }

  /** Sets the way out anew, and publishes over it what nobody publishes now. */
  #route(container: Container, endpoints: Endpoints, sandboxPath: string): Endpoints {
    const candidates = Object.keys(endpoints).map((name) =>
      candidate(this.#deps.networks.get(name), container.spec.networks?.[name] ?? {}),
    );
    const name = wayOut(candidates) ?? "";
    const out = endpoints[name];
    if (out === undefined || (out.gateway === "" && out.ipv6Gateway === "")) return endpoints;
    this.#deps.bridge.setDefaultRoute(sandboxPath, { ipv4: out.gateway, ipv6: out.ipv6Gateway });
    if (Object.values(endpoints).some(({ ports = [] }) => ports.length > 0)) return endpoints;
    const before = Object.values(container.endpoints).flatMap(({ ports = [] }) => ports);
    const published =
      before.length > 0
        ? this.#bridges.publish(out, sameRequests(before), container.name)
        : this.#publish(container, this.#deps.networks.get(name), out);
    return { ...endpoints, [name]: published };
  }

  /** Its names follow at once. @param container as it is called now; it runs. */
  renamed(container: Container): void {
    this.#deps.names?.put(container, container.endpoints);
  }

  /** Idempotent. */
  leave(endpoints: Endpoints, sandboxPath: string): void {
    this.#deps.names?.remove(endpoints, sandboxPath);
    for (const endpoint of Object.values(endpoints)) this.#bridges.detach(endpoint);
    this.#deps.sandboxes.remove(sandboxPath);
  }

  /** After a restart of the daemon: the addresses of what runs are taken, and the bridges and their rules hold. */
  restore(running: readonly Container[]): void {
    const networks = new Map(this.#bridgeNetworks().map((network) => [network.id, network]));
    const known = new Set([...networks.values()].map((network) => bridgeOf(network).bridge));
    for (const container of running) {
      const { name, endpoints } = container;
      for (const endpoint of Object.values(endpoints)) {
        if (endpoint.hostInterface === "") continue;
        known.add(endpoint.hostInterface);
        const network = networks.get(endpoint.networkId);
        // Its record went by force: the container keeps what it has until it ends.
        if (network === undefined) continue;
        this.#bridges.reserve(network, endpoint);
        this.#bridges.setup(network);
        this.#publishAgain(name, endpoint);
      }
      this.#nameAgain(container);
    }
    this.#deps.bridge.sweep(known);
  }

  /** Its sandbox may be gone: it ended while there was no daemon. */
  #nameAgain(container: Container): void {
    try {
      this.#deps.names?.put(container, container.endpoints);
    } catch (error) {
      this.#deps.log.warn("a container's name server was lost", { container: container.name, error });
    }
  }

  /** Its ports were free to others while there was no daemon: one that is lost must not keep the daemon from starting. */
  #publishAgain(container: string, endpoint: EndpointRecord): void {
    try {
      this.#bridges.publish(endpoint, sameRequests(endpoint.ports ?? []), container);
    } catch (error) {
      this.#deps.log.warn("a published port was lost", { container, error });
    }
  }

  /**
   * The daemon stops. Networks of running containers stay as they are; bridges that nobody is on go, with their rules.
   * @param running as for `restore`.
   */
  async close(running: readonly Container[]): Promise<void> {
    const used = new Set(running.flatMap(({ endpoints }) => Object.values(endpoints).map((each) => each.networkId)));
    for (const network of this.#bridgeNetworks()) if (!used.has(network.id)) this.#bridges.teardown(network);
    await this.#deps.bridge.settled();
  }

  #bridgeNetworks(): readonly NetworkRecord[] {
    return this.#deps.networks.list(new Map()).filter(({ driver }) => driver === "bridge");
  }
}

function candidate({ name, internal, gateway = "" }: NetworkRecord, settings: EndpointSettings): WayOut {
  return { name, priority: settings.gatewayPriority ?? 0, gateway: internal ? "" : gateway };
}
