import { EngineError, isKind } from "../../base/errors.ts";
import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { SpecSource } from "../containers/spec-source.ts";
import type { ContainerStore } from "../containers/container-store.ts";
import type { ContainerPaths } from "../containers/paths.ts";
import { parseUntil } from "../containers/prune.ts";
import type { EventBus } from "../events.ts";
import { matchesLabels } from "../filters.ts";
import type { Container, EndpointRecord, EndpointSettings } from "../model/container.ts";
import type { Filters, NetworkRecord, Networks, NetworkWish } from "../services.ts";
import type { ContainerNetworking } from "./container-networking.ts";
import { checkWishes, isPredefined, modeName, wishesOf } from "./endpoint-wishes.ts";
import { checkNetworkName, configRecordOf, recordOf, wishFrom } from "./network-wish.ts";
import { refuseTakenParent } from "./parent-network.ts";
import type { NetworkStore } from "./networks.ts";

export interface NetworkServiceDeps {
  readonly networks: NetworkStore;
  readonly networking: ContainerNetworking;
  readonly store: ContainerStore;
  /** The containers' own: one change of a container's life at a time. */
  readonly locks: KeyedLock;
  readonly paths: ContainerPaths;
  readonly events: EventBus;
  /** Writes the files in which a container finds names. */
  readonly specs?: Pick<SpecSource, "updateNames">;
}

/** Networks as clients see them: made, removed, and joined by containers that run or do not. */
export class NetworkService implements Networks {
  readonly #deps: NetworkServiceDeps;

  constructor(deps: NetworkServiceDeps) {
    this.#deps = deps;
  }

  get(ref: string): NetworkRecord {
    return this.#deps.networks.get(ref);
  }

  list(filters: Filters): readonly NetworkRecord[] {
    return this.#deps.networks.list(filters);
  }

  members(ref: string): ReturnType<Networks["members"]> {
    return this.#deps.networks.members(ref);
  }

  /** The bridge first, then the record: a crash between them leaves a bridge that no record names, which the next start sweeps. */
  async create(wish: NetworkWish): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
    const { networks, networking } = this.#deps;
    checkNetworkName(wish.name);
    networks.refuseTakenName(wish.name);
    const network = this.#recordOf(wish);
    try {
      networking.setup(network);
      networks.put(network);
    } catch (error) {
      networking.teardown(network);
      throw error;
    }
    this.#publish("create", network);
    return { id: network.id, warnings: [] };
  }

  #recordOf(wish: NetworkWish): NetworkRecord {
    const { networks } = this.#deps;
    if (wish.configOnly === true) return configRecordOf(wish);
    const whole = wish.configFrom === undefined ? wish : wishFrom(wish, this.#configOf(wish.configFrom));
    const network = recordOf(whole, {
      used: networks.subnets(),
      chooseSubnet: () => networks.chooseSubnet(),
      chooseIpv6Subnet: () => networks.chooseIpv6Subnet(),
    });
    refuseTakenParent(network, networks.list(new Map()));
    return network;
  }

  #configOf(ref: string): NetworkRecord {
    try {
      return this.#deps.networks.get(ref);
    } catch (error) {
      if (!isKind(error, "NotFound")) throw error;
      throw new EngineError("NotFound", `configuration network ${JSON.stringify(ref)} does not exist`, {
        cause: error,
      });
    }
  }

  /** The record first: a crash after it leaves a bridge that is swept, never a record without its bridge. */
  async remove(ref: string): Promise<void> {
    const { networks, networking } = this.#deps;
    const network = networks.get(ref);
    if (isPredefined(network.name))
      throw new EngineError("Forbidden", `${network.name} is a pre-defined network and cannot be removed`);
    const users = this.#activeOn(network);
    if (users.length > 0) {
      const names = users.map(({ id, name }) => `name:${JSON.stringify(name)} id:${JSON.stringify(id.slice(0, 12))}`);
      throw new EngineError(
        "Forbidden",
        `error while removing network: network ${network.name} has active endpoints (${names.join(", ")})`,
      );
    }
    const dependent = networks.list(new Map()).find(({ configFrom }) => configFrom === network.name);
    if (network.configOnly !== undefined && dependent !== undefined)
      throw new EngineError("Forbidden", `configuration network ${JSON.stringify(network.name)} is in use`);
    networks.delete(network.id);
    networking.teardown(network);
    this.#publish("destroy", network);
  }

  #activeOn(network: NetworkRecord): readonly Container[] {
    return this.#deps.store.all().filter((each) => isUp(each) && endpointOn(each, network) !== undefined);
  }

  async prune(filters: Filters): Promise<readonly string[]> {
    const until = filters.get("until")?.map((each) => parseUntil(each)) ?? [];
    const without = filters.get("label!") ?? [];
    const unused = this.#deps.networks
      .list(new Map())
      .filter(
        (network) =>
          !isPredefined(network.name) &&
          network.configOnly === undefined &&
          this.#activeOn(network).length === 0 &&
          until.every((moment) => Date.parse(network.createdAt) < moment) &&
          matchesLabels(network.labels, filters.get("label") ?? []) &&
          !without.some((each) => matchesLabels(network.labels, [each])),
      );
    for (const { id } of unused) await this.remove(id);
    return unused.map(({ name }) => name);
  }

  async connect(ref: string, containerRef: string, settings: EndpointSettings): Promise<void> {
    const { networks, networking, store, locks, paths } = this.#deps;
    const { id } = store.resolve(containerRef);
    using _ = await locks.acquire(id);
    const container = store.get(id);
    const network = networks.get(ref);
    refuseFixed(container, network);
    if (isUp(container) && endpointOn(container, network) !== undefined)
      throw new EngineError(
        "Forbidden",
        `endpoint with name ${container.name} already exists in network ${network.name}`,
      );
    const wished = withWish(container, network, settings);
    checkWishes(wishesOf(wished, (each) => networks.get(each)));
    if (!isUp(container)) {
      store.update(id, { spec: wished.spec });
      return;
    }
    const endpoints = networking.connect(wished, network, paths.sandbox(id));
    store.update(id, { spec: wished.spec, endpoints });
    this.#deps.specs?.updateNames(container, endpoints);
    this.#publish("connect", network, id);
  }

  async disconnect(ref: string, containerRef: string, force: boolean): Promise<void> {
    const { networks, networking, store, locks, paths } = this.#deps;
    const network = networks.get(ref);
    const id = this.#idOf(containerRef, force);
    if (id === undefined) return;
    using _ = await locks.acquire(id);
    const container = store.get(id);
    if (container.spec.host.network === "host" && network.driver === "host")
      throw new EngineError(
        "Forbidden",
        "container cannot be disconnected from host network or connected to host network",
      );
    const isWished = wishesOf(container, (each) => networks.get(each)).some((each) => each.network.id === network.id);
    if (!isWished && endpointOn(container, network) === undefined)
      throw new EngineError("NotFound", `container ${container.id} is not connected to network ${network.name}`);
    const spec = withoutWish(container, network);
    if (!isUp(container)) {
      store.update(id, { spec });
      return;
    }
    const endpoints = await networking.disconnect(container, network, paths.sandbox(id));
    store.update(id, { spec, endpoints });
    this.#deps.specs?.updateNames(container, endpoints);
    this.#publish("disconnect", network, id);
  }

  #idOf(ref: string, force: boolean): string | undefined {
    try {
      return this.#deps.store.resolve(ref).id;
    } catch (error) {
      if (force && isKind(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #publish(action: string, { id, name, driver }: NetworkRecord, container?: string): void {
    const attributes = { ...(container !== undefined && { container }), name, type: driver };
    this.#deps.events.publish({ type: "network", action, actor: id, attributes });
  }
}

/** Networks that a container has for life. */
function refuseFixed(container: Container, network: NetworkRecord): void {
  const { network: mode } = container.spec.host;
  if (mode.startsWith("container:"))
    throw new EngineError(
      "Forbidden",
      "container sharing network namespace with another container or host cannot be connected to any other network",
    );
  if (network.driver === "host" && mode !== "host")
    throw new EngineError(
      "Forbidden",
      "cannot connect container to host network - container must be created in host network mode",
    );
  if (mode === "host")
    throw new EngineError(
      "Forbidden",
      "container cannot be disconnected from host network or connected to host network",
    );
}

function withWish(container: Container, { name }: NetworkRecord, settings: EndpointSettings): Container {
  const { spec } = container;
  return { ...container, spec: { ...spec, networks: { ...spec.networks, [name]: settings } } };
}

function withoutWish({ spec }: Container, network: NetworkRecord): Container["spec"] {
  const names = (ref: string): boolean => [network.name, network.id].includes(modeName(ref));
  const others = Object.entries(spec.networks ?? {}).filter(([ref]) => !names(ref));
  // The mode stays what it was at create: clients show it.
  const gone = names(spec.host.network) ? [[network.name, null] as const] : [];
  return { ...spec, networks: Object.fromEntries([...others, ...gone]) };
}

function endpointOn({ endpoints }: Container, { id }: NetworkRecord): EndpointRecord | undefined {
  return Object.values(endpoints).find((each) => each.networkId === id);
}

function isUp({ state }: Container): boolean {
  return state.status === "running" || state.status === "paused";
}
