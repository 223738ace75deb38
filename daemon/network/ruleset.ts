/**
 * Our nftables table as text, from what it is to do: pure. One table a daemon, of family inet, so that IPv4 and IPv6 are one
 * set of rules. It says nothing about traffic that is not of our bridges.
 *
 * An `accept` in one table does not overrule a `drop` in another of the same hook: where a host's firewall drops what is
 * forwarded by its policy (ufw, firewalld, dockerd), it drops our containers' traffic to the outside as well, until it has a
 * rule for our bridges. Containers of one network still reach each other: that is no forwarding.
 */
import type { BridgeNetwork } from "./network-driver.ts";

export interface RulesetInput {
  readonly table: string;
  readonly networks: readonly BridgeNetwork[];
}

/** Replaces the table, whatever it held, in one transaction. */
export function renderRuleset({ table, networks }: RulesetInput): string {
  const names = networks.map(({ bridge }) => bridge);
  const internal = networks.filter((network) => network.internal).map(({ bridge }) => bridge);
  const open = networks.filter((network) => network.interContainer).map(({ bridge }) => bridge);
  return `add table inet ${table}
delete table inet ${table}
table inet ${table} {
${set("bridges", "ifname", names.map(quote))}
${set("internal", "ifname", internal.map(quote))}
${set(
  "same",
  "ifname . ifname",
  open.map((name) => `${quote(name)} . ${quote(name)}`),
)}
  chain forward {
    type filter hook forward priority filter; policy accept;
    ${FORWARD_RULES.join("\n    ")}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${networks.flatMap(masqueradeRules).join("\n    ")}
  }
}
`;
}

/** Removes the table, also when it is not there. */
export function renderRemoval(table: string): string {
  return `add table inet ${table}\ndelete table inet ${table}\n`;
}

/** How many rules `forward` has: by it a flushed chain is known. */
export const FORWARD_RULES = [
  // Bridged packets come here too where br_netfilter is on.
  "iifname . oifname @same accept",
  "iifname @internal drop",
  "oifname @internal drop",
  "oifname @bridges ct state established,related accept",
  // From one of our networks into another: only by a published port.
  "iifname @bridges oifname @bridges drop",
  "iifname @bridges accept",
  // A router that knows our subnets gets no further than any other host: ports are published, or closed.
  "oifname @bridges drop",
] as const;

function masqueradeRules({ bridge, subnet, ipv6, masquerade, internal }: BridgeNetwork): readonly string[] {
  if (!masquerade || internal) return [];
  const out = `oifname != ${quote(bridge)} masquerade`;
  return [`ip saddr ${subnet} ${out}`, ...(ipv6 === undefined ? [] : [`ip6 saddr ${ipv6.subnet} ${out}`])];
}

function set(name: string, type: string, elements: readonly string[]): string {
  const content = elements.length === 0 ? "" : ` elements = { ${elements.join(", ")} };`;
  return `  set ${name} { type ${type};${content} }`;
}

/** Names of interfaces come from users too (`com.docker.network.bridge.name`): checked where they are set, quoted here. */
function quote(name: string): string {
  if (!/^[\w.@:-]{1,15}$/.test(name))
    throw new RangeError(`${JSON.stringify(name)} cannot be the name of an interface`);
  return `"${name}"`;
}
