import { errnoOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { newId } from "../../base/ids.ts";
import type { Sandboxes } from "../../network/network-driver.ts";
import { NO_ENDPOINT, type Container, type EndpointRecord, type EndpointSettings } from "../model/container.ts";
import type { NetworkRecord } from "../services.ts";
import { bridgeOf, CONTAINER_IFACE_PREFIX } from "./bridge-network.ts";
import type { ContainerNames } from "./container-names.ts";
import {
  checkSpec,
  checkWishes,
  freeInterface,
  wayOut,
  wishesOf,
  type EndpointWish,
  type WayOut,
} from "./endpoint-wishes.ts";
import type { NetworkStore } from "./networks.ts";
import { NetworkEndpoints, type NetworkEndpointsDeps, type Place } from "./network-endpoints.ts";
import { ENDPOINT_IFNAME } from "./endpoint-options.ts";
import { hasParent, isOnLink, parentOf } from "./parent-network.ts";
import { portRequests, sameRequests } from "./port-requests.ts";

export interface ContainerNetworkingDeps extends NetworkEndpointsDeps {
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

/** Joins containers to networks at start and takes them off at their end. All of it is synchronous kernel work. */
export class ContainerNetworking {
  readonly #deps: ContainerNetworkingDeps;
  readonly #attached: NetworkEndpoints;

  constructor(deps: ContainerNetworkingDeps) {
    this.#deps = deps;
    this.#attached = new NetworkEndpoints(deps);
  }

  /** For create. @throws EngineError InvalidParameter for what a network that is there cannot give. */
  check(spec: Container["spec"]): void {
    checkSpec(spec, (ref) => this.#deps.networks.find(ref));
  }

  /** All of its networks or none. @throws EngineError when one of them cannot give what was asked for. */
  join(container: Container, sandboxPath: string): Joined {
    const wishes = wishesOf(container, (ref) => this.#deps.networks.get(ref));
    checkWishes(wishes);
    const [first] = wishes;
    if (first === undefined && container.spec.host.network.startsWith("container:"))
      return { sandboxPath: undefined, endpoints: {} };
    if (first !== undefined && isPlain(first.network)) {
      const plain = { ...NO_ENDPOINT, networkId: first.network.id, endpointId: newId() };
      return { sandboxPath: undefined, endpoints: { [first.network.name]: plain } };
    }
    return { sandboxPath, endpoints: this.#joinAll(container, wishes, sandboxPath) };
  }

  #joinAll(container: Container, wishes: readonly EndpointWish[], sandboxPath: string): Endpoints {
    using undo = new DisposableStack();
    const { sandboxes } = this.#deps;
    sandboxes.create(sandboxPath);
    undo.defer(() => sandboxes.remove(sandboxPath));
    const out = wayOut(wishes.map(({ network, settings }) => candidate(network, settings)));
    const endpoints: Record<string, EndpointRecord> = {};
    const taken = new Set(wishes.flatMap(({ settings }) => interfaceOf(settings) ?? []));
    for (const { network, settings } of wishes) {
      const containerInterface = interfaceOf(settings) ?? freeInterface(taken, interfacePrefix(network));
      taken.add(containerInterface);
      const isWayOut = network.name === out;
      const place = { sandboxPath, containerInterface, isWayOut, ...choicesOf(container) };
      const endpoint = this.#attached.attach(network, settings, newId(), place);
      undo.defer(() => this.#attached.detach(endpoint, sandboxPath));
      endpoints[network.name] = place.isWayOut ? this.#publish(container, network, endpoint) : endpoint;
    }
    undo.defer(() => this.#deps.names?.remove(endpoints, sandboxPath));
    this.#deps.names?.put(container, endpoints);
    undo.move();
    return endpoints;
  }

  /** Ports are published over the way out; an internal network publishes none. */
  #publish({ name, spec }: Container, network: NetworkRecord, endpoint: EndpointRecord): EndpointRecord {
    return network.internal ? endpoint : this.#attached.publish(network, endpoint, portRequests(spec, network), name);
  }

  /** Makes the bridge of a network that was just created. @throws EngineError Conflict when its name is taken. */
  setup(network: NetworkRecord): void {
    this.#attached.setup(network);
  }

  /** Idempotent. Its record is gone, so that what it shares with others is known. */
  teardown(network: NetworkRecord): void {
    this.#tearDown(network, this.#networksWithAddresses());
  }

  #tearDown(network: NetworkRecord, others: readonly NetworkRecord[]): void {
    const shares = (other: NetworkRecord): boolean =>
      other.id !== network.id && hasParent(other) && parentOf(other).parent === parentOf(network).parent;
    this.#attached.teardown(network, { keepsParent: hasParent(network) && others.some(shares) });
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
      containerInterface:
        interfaceOf(settings) ??
        freeInterface(
          new Set(Object.values(container.endpoints).map((each) => each.containerInterface ?? "eth0")),
          interfacePrefix(network),
        ),
      isWayOut: false,
      ...choicesOf(container),
    };
    using undo = new DisposableStack();
    // One that began without a network has its namespace from runc. Pinned, it stays so until the container's end.
    if ("pid" in container.state) this.#deps.sandboxes.adopt(sandboxPath, container.state.pid);
    const endpoint = this.#attached.attach(network, settings, newId(), place);
    undo.defer(() => this.#attached.detach(endpoint, sandboxPath));
    const endpoints = this.#route(container, { ...container.endpoints, [network.name]: endpoint }, sandboxPath);
    undo.defer(() => this.#deps.names?.forget(endpoint));
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
    this.#attached.detach(endpoint, sandboxPath);
    await this.#settled();
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
    const network = this.#deps.networks.get(name);
    this.#deps.bridge.setDefaultRoute(sandboxPath, {
      ipv4: out.gateway,
      ipv6: out.ipv6Gateway,
      ...(isOnLink(network) && { onLink: out.containerInterface }),
      mtu: network.driver === "bridge" ? bridgeOf(network).outsideMtu : undefined,
    });
    if (Object.values(endpoints).some(({ ports = [] }) => ports.length > 0)) return endpoints;
    const before = Object.values(container.endpoints).flatMap(({ ports = [] }) => ports);
    const published =
      before.length > 0
        ? this.#attached.publish(network, out, sameRequests(before), container.name)
        : this.#publish(container, network, out);
    return { ...endpoints, [name]: published };
  }

  /** Its names follow at once. @param container as it is called now; it runs. */
  renamed(container: Container): void {
    this.#deps.names?.put(container, container.endpoints);
  }

  /** Idempotent. */
  leave(endpoints: Endpoints, sandboxPath: string): void {
    this.#deps.names?.remove(endpoints, sandboxPath);
    for (const endpoint of Object.values(endpoints)) this.#attached.detach(endpoint, sandboxPath);
    this.#deps.sandboxes.remove(sandboxPath);
  }

  /** After a restart of the daemon: the addresses of what runs are taken, and the bridges and their rules hold. */
  restore(running: readonly Container[]): void {
    this.#moveBridge(running);
    const networks = new Map(this.#networksWithAddresses().map((network) => [network.id, network]));
    const known = new Set([...networks.values()].map(hostLinkOf));
    for (const container of running) {
      const { name, endpoints } = container;
      for (const endpoint of Object.values(endpoints)) {
        known.add(endpoint.hostInterface);
        const network = networks.get(endpoint.networkId);
        // Host's or none; or its record went by force: the container keeps what it has until it ends.
        if (network === undefined) continue;
        this.#attached.reserve(network, endpoint);
        this.#attached.setup(network);
        this.#publishAgain(network, name, endpoint);
      }
      this.#nameAgain(container);
    }
    this.#deps.bridge.sweep(known);
  }

  /** Where the configuration has other addresses for the default bridge: a crash in between leaves what the next start does again. */
  #moveBridge(running: readonly Container[]): void {
    const { networks, log } = this.#deps;
    const outdated = networks.outdatedBridge();
    if (outdated === undefined) return;
    const { bridge, overlapped } = outdated;
    const isUsed = running.some(({ endpoints }) =>
      Object.values(endpoints).some((each) => each.networkId === bridge.id),
    );
    if (overlapped !== undefined || isUsed) {
      const reason = isUsed
        ? "containers run on it"
        : `network ${overlapped ?? ""} overlaps those of the configuration`;
      log.warn(`the default bridge keeps its addresses: ${reason}`, { subnet: bridge.subnet });
      return;
    }
    this.#tearDown(bridge, this.#networksWithAddresses());
    networks.updateBridge();
    log.info("the default bridge has the addresses of the configuration now", { before: bridge.subnet });
  }

  /** Its sandbox may be gone: it ended while there was no daemon. */
  #nameAgain(container: Container): void {
    try {
      this.#deps.names?.put(container, container.endpoints);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      this.#deps.log.warn("a container's name server was lost", { container: container.name, error });
    }
  }

  /** Its ports were free to others while there was no daemon: one that is lost must not keep the daemon from starting. */
  #publishAgain(network: NetworkRecord, container: string, endpoint: EndpointRecord): void {
    try {
      this.#attached.publish(network, endpoint, sameRequests(endpoint.ports ?? []), container);
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
    const networks = this.#networksWithAddresses();
    const stay = networks.filter(({ id }) => used.has(id));
    for (const network of networks) if (!used.has(network.id)) this.#tearDown(network, stay);
    await this.#settled();
  }

  async #settled(): Promise<void> {
    await Promise.all([this.#deps.bridge.settled(), this.#deps.parents.settled()]);
  }

  #networksWithAddresses(): readonly NetworkRecord[] {
    return this.#deps.networks.list(new Map()).filter((network) => !isPlain(network));
  }
}

/** The host's network and none: no sandbox of ours, no address. */
function isPlain({ driver }: NetworkRecord): boolean {
  return driver === "host" || driver === "null";
}

/** What of the host's belongs to a network, for as long as there is one. */
function hostLinkOf(network: NetworkRecord): string {
  return hasParent(network) ? parentOf(network).parent : bridgeOf(network).bridge;
}

function choicesOf({ spec }: Container): Pick<Place, "keepsCongestionControl"> {
  return { keepsCongestionControl: "net.ipv4.tcp_congestion_control" in spec.host.sysctls };
}

function interfacePrefix({ options }: NetworkRecord): string {
  return options[CONTAINER_IFACE_PREFIX] ?? "eth";
}

function interfaceOf({ driverOptions = {} }: EndpointSettings): string | undefined {
  return driverOptions[ENDPOINT_IFNAME];
}

function candidate({ name, internal, gateway = "", ipv6 }: NetworkRecord, settings: EndpointSettings): WayOut {
  return { name, priority: settings.gatewayPriority ?? 0, gateway: internal ? "" : gateway || (ipv6?.gateway ?? "") };
}
