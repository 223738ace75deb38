import type { NetworkInspect, NetworksPruneResponse, NetworkSummary } from "../contract/index.ts";
import { NotFound } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { FilterValues } from "./api/caller.ts";

export interface CreateNetworkOptions {
  readonly name: string;
  /** `bridge` without it. */
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** No way out of it. */
  readonly internal?: boolean;
  readonly ipv6?: boolean;
  /** In CIDR notation; the engine picks one without it. */
  readonly subnets?: readonly { readonly subnet: string; readonly gateway?: string; readonly range?: string }[];
  readonly signal?: AbortSignal;
}

export interface ConnectNetworkOptions {
  /** Further names of the container on it. */
  readonly aliases?: readonly string[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  /** Names that this container alone knows others by, which are given by theirs: `{ db: "postgres-1" }`. */
  readonly links?: Readonly<Record<string, string>>;
  /** Of several networks the one with the highest is the way out; without it 0. */
  readonly gatewayPriority?: number;
  /** `com.docker.network.endpoint.ifname`, `com.docker.network.endpoint.sysctls` */
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A network. Disposing it removes it. */
export class Network implements AsyncDisposable {
  readonly id: string;
  readonly #api: ApiClient;

  constructor(api: ApiClient, id: string) {
    this.#api = api;
    this.id = id;
  }

  async inspect(signal?: AbortSignal): Promise<NetworkInspect> {
    return await this.#api.networks.inspect(this.id, {}, signal);
  }

  /** @param container id or name */
  async connect(container: string, options: ConnectNetworkOptions = {}): Promise<void> {
    const { aliases, links, ipv4Address: IPv4Address, ipv6Address: IPv6Address, signal } = options;
    const IPAMConfig =
      IPv4Address === undefined && IPv6Address === undefined ? undefined : { IPv4Address, IPv6Address };
    const EndpointConfig = {
      Aliases: aliases && [...aliases],
      Links: links && Object.entries(links).map(([alias, container]) => `${container}:${alias}`),
      IPAMConfig,
      MacAddress: options.macAddress,
      GwPriority: options.gatewayPriority,
      DriverOpts: options.driverOptions,
    };
    await this.#api.networks.connect(this.id, { Container: container, EndpointConfig }, signal);
  }

  /** @param container id or name */
  async disconnect(
    container: string,
    options: { readonly force?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#api.networks.disconnect(this.id, { Container: container, Force: options.force }, options.signal);
  }

  /** @throws Forbidden while a container is on it. */
  async remove(signal?: AbortSignal): Promise<void> {
    await this.#api.networks.remove(this.id, signal);
  }

  /** Removes it; one that is gone already is as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove();
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
}

/** The networks of an engine: `engine.networks`. */
export class Networks {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(
    options: { readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<NetworkSummary[]> {
    return await this.#api.networks.list({ filters: options.filters }, options.signal);
  }

  /** By id, a unique prefix of one, or name. @throws NotFound */
  async get(reference: string, signal?: AbortSignal): Promise<Network> {
    const { Id } = await this.#api.networks.inspect(reference, {}, signal);
    return new Network(this.#api, Id);
  }

  /** @throws Conflict when the name is taken. */
  async create(options: CreateNetworkOptions): Promise<Network> {
    const { name, driver, driverOptions, labels, internal, ipv6, subnets, signal } = options;
    const body = {
      Name: name,
      CheckDuplicate: true,
      Driver: driver,
      Options: driverOptions,
      Labels: labels,
      Internal: internal,
      EnableIPv6: ipv6,
      IPAM: subnets && {
        Config: subnets.map(({ subnet, gateway, range }) => ({ Subnet: subnet, Gateway: gateway, IPRange: range })),
      },
    };
    const { Id } = await this.#api.networks.create(body, signal);
    return new Network(this.#api, Id);
  }

  async remove(reference: string, signal?: AbortSignal): Promise<void> {
    await this.#api.networks.remove(reference, signal);
  }

  /** Removes those that no container is on. */
  async prune(
    options: { readonly filters?: FilterValues; readonly signal?: AbortSignal } = {},
  ): Promise<NetworksPruneResponse> {
    return await this.#api.networks.prune({ filters: options.filters }, options.signal);
  }
}
