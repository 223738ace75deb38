import { EngineError } from "../base/errors.ts";
import { listAddresses, listRoutes } from "../linux/netlink/addresses.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { defaultGateway } from "./address-range.ts";
import { type Cidr, formatAddress, formatCidr, overlaps, parseCidr, sizeOf } from "./cidr.ts";
import type { Subnet } from "./network-driver.ts";

/** Networks are cut out of `base`, each with `size` bits of prefix. */
export interface PoolSpec {
  readonly base: string;
  readonly size: number;
}

/** Docker's own: sixteen /16, then sixteen /20. */
export const DEFAULT_POOLS: readonly PoolSpec[] = [
  ...Array.from({ length: 15 }, (_, n) => ({ base: `172.${17 + n}.0.0/16`, size: 16 })),
  { base: "192.168.0.0/16", size: 20 },
];

/**
 * The first IPv4 network of the pools that nothing else uses; Docker's own pools serve where none of these is of IPv4.
 * @param used subnets of other networks of ours and of the host.
 * @throws EngineError Unavailable when every one overlaps something.
 */
export function chooseSubnet(pools: readonly PoolSpec[], used: readonly string[]): Subnet {
  return firstFree(ofFamily(4, pools) ?? ofFamily(4, DEFAULT_POOLS) ?? [], used);
}

/** The same of IPv6. @returns undefined where no pool is of IPv6: the network is to have one that nobody else has. */
export function chooseIpv6Subnet(pools: readonly PoolSpec[], used: readonly string[]): Subnet | undefined {
  const own = ofFamily(6, pools);
  return own && firstFree(own, used);
}

function ofFamily(family: 4 | 6, pools: readonly PoolSpec[]): readonly PoolSpec[] | undefined {
  const found = pools.filter(({ base }) => parseCidr(base).family === family);
  return found.length === 0 ? undefined : found;
}

function firstFree(pools: readonly PoolSpec[], used: readonly string[]): Subnet {
  const taken = used.map(parseCidr);
  for (const candidate of candidatesOf(pools)) {
    if (taken.some((each) => overlaps(each, candidate))) continue;
    const subnet = formatCidr(candidate);
    return { subnet, gateway: defaultGateway(subnet) };
  }
  throw new EngineError("Unavailable", "all predefined address pools have been fully subnetted");
}

function* candidatesOf(pools: readonly PoolSpec[]): Generator<Cidr> {
  for (const { base, size } of pools) {
    const pool = parseCidr(base);
    const step = sizeOf({ ...pool, prefixLength: size });
    for (let at = pool.base; at < pool.base + sizeOf(pool); at += step)
      yield { family: pool.family, base: at, prefixLength: size };
  }
}

/** What the host reaches by routes or has addresses in, as CIDR; not the default route. Of this network namespace. */
export function hostSubnets(): readonly string[] {
  using socket = new NetlinkSocket(0);
  const routes = listRoutes(socket).flatMap(({ destination, prefixLength }) =>
    destination === undefined || prefixLength === 0 ? [] : [cidrOf(destination, prefixLength)],
  );
  return [...routes, ...listAddresses(socket).map(({ address, prefixLength }) => cidrOf(address, prefixLength))];
}

function cidrOf(address: Uint8Array, prefixLength: number): string {
  const number = address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return `${formatAddress(address.byteLength === 4 ? 4 : 6, number)}/${prefixLength}`;
}
