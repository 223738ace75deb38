import { BlockList, isIPv6 } from "node:net";
import { keyValues } from "./key-values.ts";

export interface IpamFlags {
  readonly subnet: readonly string[];
  readonly gateway: readonly string[];
  readonly "ip-range": readonly string[];
  readonly "aux-address": readonly string[];
}

export interface IpamPool {
  readonly Subnet: string;
  Gateway?: string;
  IPRange?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** The pools of `--subnet`, each with the gateway, range and addresses that lie in it. @throws Error for one that lies in none. */
export function ipamPools(flags: IpamFlags): IpamPool[] {
  const pools = flags.subnet.flatMap((list) => list.split(",")).map((Subnet): IpamPool => ({ Subnet }));
  for (const range of flags["ip-range"].flatMap((list) => list.split(","))) {
    const pool = poolOf(pools, range.split("/")[0] ?? "");
    if (pool === undefined) throw new Error(`no matching subnet for range ${range}`);
    pool.IPRange = range;
  }
  for (const gateway of flags.gateway.flatMap((list) => list.split(","))) {
    const pool = poolOf(pools, gateway);
    if (pool === undefined) throw new Error(`no matching subnet for gateway ${gateway}`);
    pool.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(keyValues(flags["aux-address"]))) {
    const pool = poolOf(pools, address);
    if (pool === undefined) throw new Error(`no matching subnet for aux-address ${address}`);
    (pool.AuxiliaryAddresses ??= {})[name] = address;
  }
  return pools;
}

function poolOf(pools: readonly IpamPool[], address: string): IpamPool | undefined {
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  return pools.find(({ Subnet }) => {
    const [net = "", prefix = ""] = Subnet.split("/");
    try {
      const list = new BlockList();
      list.addSubnet(net, Number(prefix), isIPv6(net) ? "ipv6" : "ipv4");
      return list.check(address, family);
    } catch {
      throw new Error(`invalid subnet: ${Subnet}`);
    }
  });
}
