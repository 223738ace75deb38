import { createHash } from "node:crypto";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import { defaultGateway } from "../../network/address-range.ts";
import { contains, formatCidr, overlaps, parseCidr, sizeOf, type Cidr } from "../../network/cidr.ts";
import type { IpamPool, NetworkRecord, NetworkWish } from "../services.ts";
import { GATEWAY_MODE_IPV4, GATEWAY_MODE_IPV6 } from "./bridge-network.ts";
import { checkOptions, userDriver, type UserDriver } from "./network-options.ts";
import { PARENT } from "./parent-network.ts";

export interface WishContext {
  /** Of other networks, both families. */
  readonly used: readonly string[];
  readonly chooseSubnet: () => { readonly subnet: string; readonly gateway: string };
  /** Undefined where the configuration has no pool of IPv6. */
  readonly chooseIpv6Subnet: () => { readonly subnet: string; readonly gateway: string } | undefined;
}

/**
 * A record from what `network create` asks for: everything but the name checked, and what was left open chosen.
 * @throws EngineError InvalidParameter, Forbidden, NotFound or NotImplemented (services.ts, `Networks.create`).
 */
export function recordOf(wish: NetworkWish, context: WishContext): NetworkRecord {
  const driver = userDriver(wish.driver);
  if (wish.ipam.driver !== "" && wish.ipam.driver !== "default")
    throw new EngineError("NotFound", `plugin ${JSON.stringify(wish.ipam.driver)} not found`);
  checkOptions(driver, wish);
  const families = splitFamilies(wish, driver);
  const id = newId();
  return {
    id,
    name: wish.name,
    driver,
    createdAt: nowRfc3339(),
    // Without a parent of the host's there is nothing behind it.
    internal: wish.internal || (driver !== "bridge" && wish.options[PARENT] === undefined),
    attachable: wish.attachable,
    ...chosenPools(wish, families, id, context),
    ownSubnet: families.ipv4?.subnet !== undefined || families.ipv6?.subnet !== undefined,
    ...(wish.configFrom !== undefined && { configFrom: wish.configFrom }),
    ipamOptions: wish.ipam.options,
    options: wish.options,
    labels: wish.labels,
  };
}

/** Not checked but for its form, as nothing is made of it yet. */
export function configRecordOf(wish: NetworkWish): NetworkRecord {
  if (wish.driver !== "" && wish.driver !== "bridge" && wish.driver !== "null")
    throw invalid("network driver is not a valid configuration option of a configuration-only network");
  splitFamilies(wish, undefined);
  const { name, internal, attachable, options, labels } = wish;
  const fixed = { id: newId(), driver: "null", createdAt: nowRfc3339(), configOnly: wish } as const;
  return { ...fixed, name, internal, attachable, ipamOptions: wish.ipam.options, options, labels };
}

/** @param config what the user's wish goes on from. */
export function wishFrom(wish: NetworkWish, config: NetworkRecord): NetworkWish {
  if (config.configOnly === undefined)
    throw new EngineError("Forbidden", `${config.name} is not a configuration network`);
  const { ipam, options, internal, enableIpv4, enableIpv6, labels } = config.configOnly;
  if (wish.ipam.configs.length > 0 || Object.keys(wish.options).length + Object.keys(wish.labels).length > 0)
    throw new EngineError(
      "Forbidden",
      "user-specified configurations are not supported if the network depends on a configuration network",
    );
  return {
    ...wish,
    ipam,
    options,
    internal: wish.internal || internal,
    enableIpv4,
    enableIpv6,
    labels,
    configFrom: config.name,
  };
}

type Pools = Pick<
  NetworkRecord,
  "subnet" | "gateway" | "ipRange" | "auxiliaryAddresses" | "impliedGateway" | "ipv6" | "morePools"
>;

function chosenPools(
  { options, enableIpv4, enableIpv6 }: NetworkWish,
  { ipv4, ipv6, more }: Families,
  id: string,
  context: WishContext,
): Pools {
  const isolated = (option: string): boolean => options[option] === "isolated";
  const v4 = (): IpamPool =>
    ipv4?.subnet === undefined ? { ...context.chooseSubnet(), ...auxiliaryOf(ipv4) } : completePool(ipv4, context.used);
  const chosenV6 = (): IpamPool =>
    context.chooseIpv6Subnet() ??
    completePool({ subnet: uniqueLocal(id), gateway: defaultGateway(uniqueLocal(id)) }, context.used);
  const v6 = (): IpamPool => (ipv6?.subnet === undefined ? chosenV6() : completePool(ipv6, context.used));
  return {
    ...(enableIpv4 !== false && (isolated(GATEWAY_MODE_IPV4) ? withoutRouter(v4()) : v4())),
    ...(enableIpv6 && { ipv6: isolated(GATEWAY_MODE_IPV6) ? withoutRouter(v6()) : v6() }),
    ...(more.length > 0 && { morePools: more.map((pool) => completePool(pool, context.used)) }),
  };
}

function withoutRouter(pool: IpamPool): IpamPool {
  return { ...pool, gateway: "" };
}

/** @throws EngineError InvalidParameter; Forbidden for one that is always there. */
export function checkNetworkName(name: string): void {
  if (name.trim() === "") throw invalid("network name cannot be blank");
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name))
    throw invalid(`invalid network name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if (["bridge", "host", "none", "default"].includes(name))
    throw new EngineError("Forbidden", `operation is not permitted on predefined ${name} network`);
}

interface Families {
  readonly ipv4: Partial<IpamPool> | undefined;
  readonly ipv6: Partial<IpamPool> | undefined;
  /** After the first of each. */
  readonly more: readonly Partial<IpamPool>[];
}

function splitFamilies({ ipam, enableIpv4, enableIpv6 }: NetworkWish, driver: UserDriver | undefined): Families {
  if (enableIpv4 === false && !enableIpv6) throw invalid("IPv4 or IPv6 must be enabled");
  const isIpv6 = (pool: Partial<IpamPool>): boolean =>
    (pool.subnet ?? pool.gateway ?? pool.ipRange ?? "").includes(":");
  const ipv6 = ipam.configs.filter(isIpv6);
  const ipv4 = ipam.configs.filter((pool) => !isIpv6(pool));
  const more = [...ipv4.slice(1), ...ipv6.slice(1)];
  if (more.length > 0 && driver === "bridge")
    throw invalid("bridge driver doesn't support multiple subnets of one address family");
  refuseOverlaps(ipam.configs);
  if (ipv4.length > 0 && enableIpv4 === false)
    throw config(`IPv4 has been disabled for the network, but ${ipv4[0]?.subnet ?? "an IPv4 address"} was given`);
  if (ipv6.length > 0 && !enableIpv6)
    throw config(`IPv6 has not been enabled for the network, but ${ipv6[0]?.subnet ?? "an IPv6 address"} was given`);
  for (const pool of ipam.configs) {
    if (pool.subnet !== undefined) continue;
    if (pool.gateway !== undefined) throw config(`no matching subnet for gateway ${pool.gateway}`);
    if (pool.ipRange !== undefined) throw config(`no matching subnet for ip-range ${pool.ipRange}`);
  }
  return { ipv4: ipv4[0], ipv6: ipv6[0], more };
}

/** Among themselves. */
function refuseOverlaps(pools: readonly Partial<IpamPool>[]): void {
  const subnets = pools.flatMap(({ subnet }) => (subnet === undefined ? [] : [exactCidr("subnet", subnet)]));
  subnets.forEach((subnet, index) => {
    if (subnets.slice(0, index).some((each) => overlaps(each, subnet))) throw poolOverlap();
  });
}

/** A pool of the user's, with a gateway when none was chosen. */
function completePool(pool: Partial<IpamPool>, used: readonly string[]): IpamPool {
  const { subnet = "", ipRange, gateway } = pool;
  const cidr = exactCidr("subnet", subnet);
  if (ipRange !== undefined) checkRange(cidr, subnet, ipRange);
  if (gateway !== undefined && !contains(cidr, gateway))
    throw config(`invalid gateway ${gateway}: parent subnet ${subnet} doesn't contain this address`);
  if (used.some((each) => overlaps(parseCidr(each), cidr))) throw poolOverlap();
  const auxiliary = auxiliaryOf(pool);
  for (const address of Object.values(auxiliary.auxiliaryAddresses ?? {}))
    if (!contains(cidr, address))
      throw config(`invalid auxiliary address ${address}: parent subnet ${subnet} doesn't contain this address`);
  if (sizeOf(cidr) < 2n) throw config(`invalid subnet ${subnet}: it has no room for a gateway and a container`);
  return {
    subnet,
    gateway: gateway ?? defaultGateway(subnet, ipRange),
    ...(gateway === undefined && { impliedGateway: true }),
    ...(ipRange !== undefined && { ipRange }),
    ...auxiliary,
  };
}

function auxiliaryOf(pool: Partial<IpamPool> | undefined): Pick<IpamPool, "auxiliaryAddresses"> {
  const addresses = pool?.auxiliaryAddresses ?? {};
  return Object.keys(addresses).length === 0 ? {} : { auxiliaryAddresses: addresses };
}

function exactCidr(what: string, text: string): Cidr {
  let cidr: Cidr;
  try {
    cidr = parseCidr(text);
  } catch (error) {
    throw config(`invalid ${what} ${text}: invalid CIDR block notation`, error);
  }
  const normal = formatCidr(cidr);
  const [address = ""] = text.split("/");
  // Only its host bits matter: IPv6 has many spellings.
  if (formatCidr(parseCidr(`${address}/${cidr.family === 4 ? 32 : 128}`)).split("/")[0] !== normal.split("/")[0])
    throw config(`invalid ${what} ${text}: it should be ${normal}`);
  return cidr;
}

function checkRange(subnet: Cidr, text: string, ipRange: string): void {
  const range = exactCidr("ip-range", ipRange);
  if (range.family !== subnet.family)
    throw config(`invalid ip-range ${ipRange}: parent subnet is an IPv${subnet.family} block`);
  if (range.prefixLength < subnet.prefixLength || !overlaps(subnet, range))
    throw config(`invalid ip-range ${ipRange}: parent subnet ${text} doesn't contain ip-range`);
}

/** RFC 4193: 40 bits by chance make a /48; ours come from the network's own id. */
function uniqueLocal(id: string): string {
  const hex = createHash("sha256").update(id).digest("hex");
  return formatCidr(parseCidr(`fd${hex.slice(0, 2)}:${hex.slice(2, 6)}:${hex.slice(6, 10)}:${hex.slice(10, 14)}::/64`));
}

function poolOverlap(): EngineError {
  return new EngineError("Forbidden", "invalid pool request: Pool overlaps with other one on this address space");
}

function config(message: string, cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", `invalid network config:\n${message}`, { cause });
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
