import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import type { Collection, Metadata } from "../../metadata/collection.ts";
import { matchesLabels } from "../filters.ts";
import type { Container, EndpointRecord } from "../model/container.ts";
import type { Filters, NetworkRecord, Networks } from "../services.ts";

export interface NetworkDeps {
  readonly metadata: Metadata;
  /** Subnet and gateway for the default bridge, chosen once and then kept in its record. */
  readonly chooseSubnet: () => { readonly subnet: string; readonly gateway: string };
  readonly bridgeName: string;
  readonly containers: () => readonly Container[];
}

/** Networks that containers can join: the three that are always there. */
export class NetworkStore implements Networks {
  readonly #deps: NetworkDeps;
  readonly #rows: Collection<NetworkRecord>;

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
    this.#rows = deps.metadata.collection<NetworkRecord>("networks", { unique: (network) => [network.name] });
    this.#ensurePredefined();
  }

  #ensurePredefined(): void {
    if (this.#rows.findByKey("bridge") === undefined) {
      this.#put("bridge", "bridge", {
        ...this.#deps.chooseSubnet(),
        options: {
          "com.docker.network.bridge.default_bridge": "true",
          "com.docker.network.bridge.enable_icc": "true",
          "com.docker.network.bridge.enable_ip_masquerade": "true",
          "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
          "com.docker.network.bridge.name": this.#deps.bridgeName,
          "com.docker.network.driver.mtu": "1500",
        },
      });
    }
    if (this.#rows.findByKey("host") === undefined) this.#put("host", "host", { options: {} });
    if (this.#rows.findByKey("none") === undefined) this.#put("none", "null", { options: {} });
  }

  #put(
    name: string,
    driver: NetworkRecord["driver"],
    more: Pick<NetworkRecord, "options" | "subnet" | "gateway">,
  ): void {
    const id = newId();
    this.#rows.put(id, { id, name, driver, createdAt: nowRfc3339(), internal: false, labels: {}, ...more });
  }

  get(ref: string): NetworkRecord {
    const network = this.#rows.findByKey(ref) ?? this.#rows.find(ref) ?? this.#byPrefix(ref);
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
    const truth = (value: string): boolean => value === "true" || value === "1";
    return (
      any("name", (value) => network.name.includes(value)) &&
      any("id", (value) => network.id.startsWith(value)) &&
      any("driver", (value) => network.driver === value) &&
      any("scope", (value) => value === "local") &&
      any("type", (value) => value === "builtin") &&
      // The predefined ones are never dangling: prune leaves them alone.
      any("dangling", (value) => !truth(value)) &&
      matchesLabels(network.labels, filters.get("label") ?? [])
    );
  }

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
