import type { NetworkInspect, NetworksPruneResponse, NetworkSummary } from "../contract/index.ts";
import { NotFound } from "../transport/errors.ts";
import type { ApiClient } from "./api/api-client.ts";
import type { FilterValues } from "./api/caller.ts";

export interface SubnetOptions {
  /** In CIDR notation. */
  readonly subnet: string;
  readonly gateway?: string;
  /** The part, in CIDR notation, that addresses are taken from which nobody asked for by name. */
  readonly range?: string;
  /** Never given to a container: addresses by the names of what has them. */
  readonly auxiliaryAddresses?: Readonly<Record<string, string>>;
}

export interface CreateNetworkOptions {
  readonly name: string;
  /** `bridge` without it. */
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** No way out of it. */
  readonly internal?: boolean;
  /** True unless told. */
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  /** The engine picks one without it. */
  readonly subnets?: readonly SubnetOptions[];
  /** Further containers may join by hand; bridges of the user always let them. */
  readonly attachable?: boolean;
  /** Nothing but a configuration that others are made from. */
  readonly configOnly?: boolean;
  /** The network of such a kind that this one is made from. */
  readonly configFrom?: string;
  readonly signal?: AbortSignal;
}

export interface ConnectNetworkOptions {
  /** Further names of the container on it. */
  readonly aliases?: readonly string[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  /** Beside the network's own: of 169.254.0.0/16 and fe80::/10. */
  readonly linkLocalAddresses?: readonly string[];
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
    const { aliases, links, ipv4Address: IPv4Address, ipv6Address: IPv6Address, linkLocalAddresses, signal } = options;
    const LinkLocalIPs = linkLocalAddresses && [...linkLocalAddresses];
    const hasWish = [IPv4Address, IPv6Address, LinkLocalIPs].some((each) => each !== undefined);
    const IPAMConfig = hasWish ? { IPv4Address, IPv6Address, LinkLocalIPs } : undefined;
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

  /** The network of a full id that the caller knows: nothing is asked, and it may be gone. */
  withId(id: string): Network {
    return new Network(this.#api, id);
  }

  /** By id, a unique prefix of one, or name. @throws NotFound */
  async get(reference: string, signal?: AbortSignal): Promise<Network> {
    const { Id } = await this.#api.networks.inspect(reference, {}, signal);
    return new Network(this.#api, Id);
  }

  /** @throws Conflict when the name is taken. */
  async create(options: CreateNetworkOptions): Promise<Network> {
    const { name, driver, driverOptions, labels, internal, ipv4, ipv6, attachable, subnets, signal } = options;
    const body = {
      Name: name,
      CheckDuplicate: true,
      Driver: driver,
      Options: driverOptions,
      Labels: labels,
      Internal: internal,
      Attachable: attachable,
      EnableIPv4: ipv4,
      EnableIPv6: ipv6,
      ConfigOnly: options.configOnly,
      ConfigFrom: options.configFrom === undefined ? undefined : { Network: options.configFrom },
      IPAM: subnets && { Config: subnets.map(ipamConfigOf) },
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

function ipamConfigOf({ subnet: Subnet, gateway: Gateway, range: IPRange, auxiliaryAddresses }: SubnetOptions) {
  return { Subnet, Gateway, IPRange, AuxiliaryAddresses: auxiliaryAddresses && { ...auxiliaryAddresses } };
}
