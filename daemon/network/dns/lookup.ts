/** What a sandbox is answered from the names of its networks. Pure. */
import { formatAddress } from "../cidr.ts";
import type { Member, Zone } from "./zone.ts";

/** A network that a sandbox is on. A name is seen by those alone that share a network with its owner. */
export interface Membership {
  readonly network: string;
  readonly zone: Zone;
  /** Names that this sandbox alone has for members: canonical name → canonical name of the member. */
  readonly links: ReadonlyMap<string, string>;
}

/** Addresses of those who have the name; empty is a name that nobody answers to. */
export function membersOf(memberships: readonly Membership[], name: string): readonly Member[] {
  for (const { zone, links } of memberships) {
    const found = findIn(zone, links, name);
    if (found.length > 0) return found;
  }
  // `name.network`, where both may have dots.
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const [head, tail] = [name.slice(0, dot), name.slice(dot + 1)];
    for (const { network, zone, links } of memberships) {
      const found = network.toLowerCase() === tail ? findIn(zone, links, head) : [];
      if (found.length > 0) return found;
    }
  }
  return [];
}

function findIn(zone: Zone, links: Membership["links"], name: string): readonly Member[] {
  const target = links.get(name);
  const linked = target === undefined ? [] : zone.find(target);
  return linked.length > 0 ? linked : zone.find(name);
}

/** `name.network` of whoever has the address, as Docker has it. */
export function nameOfAddress(memberships: readonly Membership[], address: string): string | undefined {
  for (const { network, zone } of memberships) {
    const name = zone.nameOf(address);
    if (name !== undefined) return `${name}.${network}`;
  }
  return undefined;
}

/** The address that a name of in-addr.arpa (RFC 1035, 3.5) or ip6.arpa (RFC 3596, 2.5) is about. */
export function addressOfPointer(name: string): string | undefined {
  if (name.endsWith(".in-addr.arpa")) {
    const parts = name.slice(0, -".in-addr.arpa".length).split(".");
    const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
    return isAddress ? parts.reverse().map(Number).join(".") : undefined;
  }
  if (!name.endsWith(".ip6.arpa")) return undefined;
  const nibbles = name.slice(0, -".ip6.arpa".length);
  if (!/^(?:[0-9a-f]\.){31}[0-9a-f]$/.test(nibbles)) return undefined;
  return formatAddress(6, BigInt(`0x${nibbles.split(".").reverse().join("")}`));
}
