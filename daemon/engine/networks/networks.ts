import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import { overlaps, parseCidr } from "../../network/cidr.ts";
import { matchesLabels } from "../filters.ts";
import type { Container, EndpointRecord } from "../model/container.ts";
import { poolsOf } from "../model/network.ts";
import type { Filters, NetworkRecord } from "../services.ts";
import { BRIDGE_NAME, DEFAULT_BRIDGE, ENABLE_ICC, ENABLE_MASQUERADE, HOST_BINDING, MTU } from "./bridge-network.ts";
import { isPredefined } from "./endpoint-wishes.ts";

export interface NetworkDeps {
  readonly metadata: Metadata;
  /**
   * Subnet and gateway where the user chose none; kept in the network's record.
   * @param used subnets of other networks, beside those of the host.
   */
  readonly chooseSubnet: (used: readonly string[]) => { readonly subnet: string; readonly gateway: string };
  readonly chooseIpv6Subnet: (
    used: readonly string[],
  ) => { readonly subnet: string; readonly gateway: string } | undefined;
  /** Of the default bridge, where the daemon's configuration has them. */
  readonly bip?: { readonly subnet: string; readonly gateway: string };
  readonly bridgeName: string;
  /** Of the default bridge, in bytes; undefined where nobody chose. */
  readonly mtu?: number | undefined;
  readonly containers: () => readonly Container[];
}

/** Records of networks: the three that are always there, and those of the user. */
export class NetworkStore {
  readonly #deps: NetworkDeps;
  readonly #rows: Collection<NetworkRecord>;

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
    this.#rows = deps.metadata.collection<NetworkRecord>("networks", { unique: (network) => [network.name] });
    this.#ensurePredefined();
  }

  #ensurePredefined(): void {
    const bridge = this.#rows.findByKey("bridge");
    if (bridge === undefined) {
      this.#predefined("bridge", "bridge", {
        ...(this.#deps.bip ?? this.chooseSubnet()),
        options: {
          [DEFAULT_BRIDGE]: "true",
          [ENABLE_ICC]: "true",
          [ENABLE_MASQUERADE]: "true",
          [HOST_BINDING]: "0.0.0.0",
          [BRIDGE_NAME]: this.#deps.bridgeName,
          ...this.#chosenMtu(),
        },
      });
    } else if (bridge.options[MTU] !== this.#chosenMtu()[MTU]) {
      const { [MTU]: _, ...options } = bridge.options;
      this.#rows.put(bridge.id, { ...bridge, options: { ...options, ...this.#chosenMtu() } });
    }
    if (this.#rows.findByKey("host") === undefined) this.#predefined("host", "host", { options: {} });
    if (this.#rows.findByKey("none") === undefined) this.#predefined("none", "null", { options: {} });
  }

  /**
   * The default bridge, where the daemon's configuration has other addresses for it by now.
   * @returns it as it was, and what keeps it from having them, but for those that use it.
   */
  outdatedBridge(): { readonly bridge: NetworkRecord; readonly overlapped: string | undefined } | undefined {
    const { bip } = this.#deps;
    const bridge = this.get("bridge");
    if (bip === undefined || (bip.subnet === bridge.subnet && bip.gateway === bridge.gateway)) return undefined;
    const wanted = parseCidr(bip.subnet);
    const others = [...this.#rows.all()].filter(({ id }) => id !== bridge.id);
    const overlapped = others.find((each) => poolsOf(each).some(({ subnet }) => overlaps(parseCidr(subnet), wanted)));
    return { bridge, overlapped: overlapped?.name };
  }

  /** Gives the default bridge the addresses of the configuration; nobody uses it. */
  updateBridge(): void {
    const bridge = this.get("bridge");
    this.#rows.put(bridge.id, { ...bridge, ...this.#deps.bip });
  }

  #chosenMtu(): { readonly [MTU]?: string } {
    return this.#deps.mtu === undefined ? {} : { [MTU]: String(this.#deps.mtu) };
  }

  #predefined(
    name: string,
    driver: NetworkRecord["driver"],
    more: Pick<NetworkRecord, "options" | "subnet" | "gateway">,
  ): void {
    const id = newId();
    this.#rows.put(id, { id, name, driver, createdAt: nowRfc3339(), internal: false, labels: {}, ...more });
  }

  /** @throws EngineError Unavailable when the pools are used up. */
  chooseSubnet(): { readonly subnet: string; readonly gateway: string } {
    return this.#deps.chooseSubnet(this.subnets());
  }

  /** Undefined where the configuration has no pool of IPv6. @throws EngineError as `chooseSubnet` does. */
  chooseIpv6Subnet(): { readonly subnet: string; readonly gateway: string } | undefined {
    return this.#deps.chooseIpv6Subnet(this.subnets());
  }

  /** Of every network, both families. */
  subnets(): readonly string[] {
    return [...this.#rows.all()].flatMap(poolsOf).map(({ subnet }) => subnet);
  }

  /** @throws EngineError Conflict when the name is taken. */
  put(network: NetworkRecord): void {
    this.refuseTakenName(network.name);
    this.#rows.put(network.id, network);
  }

  /** @throws EngineError Conflict. */
  refuseTakenName(name: string): void {
    if (this.#rows.findByKey(name) === undefined) return;
    throw new EngineError("Conflict", `network with name ${name} already exists`);
  }

  /** Idempotent. */
  delete(id: string): void {
    this.#rows.delete(id);
  }

  /** @throws EngineError InvalidParameter for the beginning of several ids. */
  find(ref: string): NetworkRecord | undefined {
    return this.#rows.findByKey(ref) ?? this.#rows.find(ref) ?? this.#byPrefix(ref);
  }

  get(ref: string): NetworkRecord {
    const network = this.find(ref);
    if (network === undefined) throw new EngineError("NotFound", `network ${ref} not found`);
    return network;
  }

  #byPrefix(ref: string): NetworkRecord | undefined {
    const [only, another] = ref === "" ? [] : [...this.#rows.all()].filter((network) => network.id.startsWith(ref));
    if (another !== undefined)
      throw new EngineError("InvalidParameter", `network ${ref} is ambiguous (2 matches found on ID prefix)`);
    return only;
  }

  list(filters: Filters): readonly NetworkRecord[] {
    return [...this.#rows.all()].filter((network) => this.#matches(network, filters));
  }

  #matches(network: NetworkRecord, filters: Filters): boolean {
    const any = (name: string, test: (value: string) => boolean): boolean => filters.get(name)?.some(test) ?? true;
    const predefined = isPredefined(network.name);
    const truth = (value: string): boolean => value === "true" || value === "1";
    return (
      any("name", (value) => network.name.includes(value)) &&
      any("id", (value) => network.id.startsWith(value)) &&
      any("driver", (value) => network.driver === value) &&
      any("scope", (value) => value === "local") &&
      any("type", (value) => value === (predefined ? "builtin" : "custom")) &&
      any("dangling", (value) => truth(value) === (!predefined && this.#isUnused(network))) &&
      matchesLabels(network.labels, filters.get("label") ?? [])
    );
  }

  #isUnused({ id }: NetworkRecord): boolean {
    return !this.#deps
      .containers()
      .some(({ endpoints }) => Object.values(endpoints).some((each) => each.networkId === id));
  }

  /** Endpoints by container id. */
  members(ref: string): Readonly<Record<string, { readonly name: string; readonly endpoint: EndpointRecord }>> {
    const { name } = this.get(ref);
    const members: Record<string, { readonly name: string; readonly endpoint: EndpointRecord }> = {};
    for (const container of this.#deps.containers()) {
      const endpoint = container.endpoints[name];
      if (endpoint !== undefined) members[container.id] = { name: container.name, endpoint };
    }
    return members;
  }
}
