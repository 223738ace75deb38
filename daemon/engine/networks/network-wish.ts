import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { nowRfc3339 } from "../../base/time.ts";
import { defaultGateway } from "../../network/address-range.ts";
import { contains, formatCidr, overlaps, parseCidr, sizeOf, type Cidr } from "../../network/cidr.ts";
import type { IpamPool, NetworkRecord, NetworkWish } from "../services.ts";
import { BRIDGE_NAME, ENABLE_ICC, ENABLE_MASQUERADE, HOST_BINDING, MTU } from "./bridge-network.ts";

export interface WishContext {
  /** Of other networks, both families. */
  readonly used: readonly string[];
  readonly chooseSubnet: () => { readonly subnet: string; readonly gateway: string };
}

/**
 * A record from what `network create` asks for: everything but the name checked, and what was left open chosen.
 * @throws EngineError InvalidParameter, Forbidden, NotFound or NotImplemented (services.ts, `Networks.create`).
 */
export function recordOf(wish: NetworkWish, context: WishContext): NetworkRecord {
  checkDriver(wish);
  checkOptions(wish.options);
  const { ipv4, ipv6 } = splitFamilies(wish);
  const id = newId();
  const own = (pool: Partial<IpamPool> | undefined): boolean => pool?.subnet !== undefined;
  const chosen = own(ipv4)
    ? completePool(ipv4 ?? {}, context.used)
    : { ...context.chooseSubnet(), ...auxiliaryOf(ipv4) };
  return {
    id,
    name: wish.name,
    driver: "bridge",
    createdAt: nowRfc3339(),
    internal: wish.internal,
    attachable: wish.attachable,
    ...chosen,
    ...(wish.enableIpv6 && {
      ipv6: completePool(own(ipv6) ? (ipv6 ?? {}) : { subnet: uniqueLocal(id) }, context.used),
    }),
    ownSubnet: own(ipv4) || own(ipv6),
    ipamOptions: wish.ipam.options,
    options: wish.options,
    labels: wish.labels,
  };
}

/** @throws EngineError InvalidParameter; Forbidden for one that is always there. */
export function checkNetworkName(name: string): void {
  if (name.trim() === "") throw invalid("network name cannot be blank");
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name))
    throw invalid(`invalid network name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if (["bridge", "host", "none", "default"].includes(name))
    throw new EngineError("Forbidden", `operation is not permitted on predefined ${name} network`);
}

function checkDriver({ driver, ipam }: NetworkWish): void {
  if (driver === "host" || driver === "null")
    throw new EngineError("Forbidden", `only one instance of ${JSON.stringify(driver)} network is allowed`);
  if (["macvlan", "ipvlan", "overlay"].includes(driver))
    throw new EngineError("NotImplemented", `network driver ${JSON.stringify(driver)} is not supported`);
  if (driver !== "" && driver !== "bridge")
    throw new EngineError("NotFound", `plugin ${JSON.stringify(driver)} not found`);
  if (ipam.driver !== "" && ipam.driver !== "default")
    throw new EngineError("NotFound", `plugin ${JSON.stringify(ipam.driver)} not found`);
}

const isBoolean = (value: string): boolean => /^(?:0|1|t|f|true|false)$/i.test(value);

/** What we act on, and the values that each takes. */
const OPTIONS: Readonly<Record<string, (value: string) => boolean>> = {
  [BRIDGE_NAME]: (value) => /^[a-zA-Z0-9_.-]{1,15}$/.test(value) && !/^\.\.?$/.test(value),
  [ENABLE_ICC]: isBoolean,
  [ENABLE_MASQUERADE]: isBoolean,
  [HOST_BINDING]: (value) => isIP(value) === 4,
  [MTU]: (value) => /^\d{2,5}$/.test(value) && Number(value) >= 68 && Number(value) <= 65_535,
};

function checkOptions(options: NetworkWish["options"]): void {
  for (const [name, value] of Object.entries(options)) {
    const accepts = OPTIONS[name];
    if (accepts === undefined)
      throw new EngineError("NotImplemented", `network option ${JSON.stringify(name)} is not supported`);
    if (!accepts(value)) throw invalid(`invalid value for network option ${name}: ${JSON.stringify(value)}`);
  }
}

interface Families {
  readonly ipv4: Partial<IpamPool> | undefined;
  readonly ipv6: Partial<IpamPool> | undefined;
}

function splitFamilies({ ipam, enableIpv6 }: NetworkWish): Families {
  const isIpv6 = (pool: Partial<IpamPool>): boolean =>
    (pool.subnet ?? pool.gateway ?? pool.ipRange ?? "").includes(":");
  const ipv6 = ipam.configs.filter(isIpv6);
  const ipv4 = ipam.configs.filter((pool) => !isIpv6(pool));
  if (ipv4.length > 1 || ipv6.length > 1)
    throw invalid("bridge driver doesn't support multiple subnets of one address family");
  if (ipv6.length > 0 && !enableIpv6)
    throw config(`IPv6 has not been enabled for the network, but ${ipv6[0]?.subnet ?? "an IPv6 address"} was given`);
  for (const pool of ipam.configs) {
    if (pool.subnet !== undefined) continue;
    if (pool.gateway !== undefined) throw config(`no matching subnet for gateway ${pool.gateway}`);
    if (pool.ipRange !== undefined) throw config(`no matching subnet for ip-range ${pool.ipRange}`);
  }
  return { ipv4: ipv4[0], ipv6: ipv6[0] };
}

/** A pool of the user's, with a gateway when none was chosen. */
function completePool(pool: Partial<IpamPool>, used: readonly string[]): IpamPool {
  const { subnet = "", ipRange, gateway } = pool;
  const cidr = exactCidr("subnet", subnet);
  if (ipRange !== undefined) checkRange(cidr, subnet, ipRange);
  if (gateway !== undefined && !contains(cidr, gateway))
    throw config(`invalid gateway ${gateway}: parent subnet ${subnet} doesn't contain this address`);
  if (used.some((each) => overlaps(parseCidr(each), cidr)))
    throw new EngineError("Forbidden", "invalid pool request: Pool overlaps with other one on this address space");
  const auxiliary = auxiliaryOf(pool);
  for (const address of Object.values(auxiliary.auxiliaryAddresses ?? {}))
    if (!contains(cidr, address))
      throw config(`invalid auxiliary address ${address}: parent subnet ${subnet} doesn't contain this address`);
  if (sizeOf(cidr) < 2n) throw config(`invalid subnet ${subnet}: it has no room for a gateway and a container`);
  return {
    subnet,
    gateway: gateway ?? defaultGateway(subnet, ipRange),
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

function config(message: string, cause?: unknown): EngineError {
  return new EngineError("InvalidParameter", `invalid network config:\n${message}`, { cause });
}

function invalid(message: string): EngineError {
  return new EngineError("InvalidParameter", message);
}
