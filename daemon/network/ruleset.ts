/**
 * Our nftables table as text, from what it is to do: pure. One table a daemon, of family inet, so that IPv4 and IPv6 are one
 * set of rules. It says nothing about traffic that is not of our bridges.
 *
 * An `accept` in one table does not overrule a `drop` in another of the same hook (foreign-forwarding.ts). Containers of one
 * network reach each other whatever others say: that is no forwarding.
 */
import type { BridgeNetwork, GatewayMode, PublishedPort } from "./network-driver.ts";

/** A published port that the kernel passes on. */
export interface PortMapping extends PublishedPort {
  readonly family: 4 | 6;
  /** Of the container. */
  readonly address: string;
}

export interface RulesetInput {
  readonly table: string;
  readonly networks: readonly BridgeNetwork[];
  readonly ports: readonly PortMapping[];
}

/** Replaces the table, whatever it held, in one transaction. */
export function renderRuleset({ table, networks, ports }: RulesetInput): string {
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
${FAMILIES.map((family) => set(`reachable${family}`, "ifname", names4or6(networks, family, "nat-unprotected"))).join("\n")}
${FAMILIES.map((family) => set(`routed${family}`, "ifname", names4or6(networks, family, "routed"))).join("\n")}
${MAPS.map((map) => portMap(map, ports)).join("\n")}
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    ${GUARD_RULES.join("\n    ")}
  }
  chain published {
    ${PUBLISHED_RULES.join("\n    ")}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump published
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ${FORWARD_RULES.join("\n    ")}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${["oifname @bridges ip saddr 127.0.0.0/8 masquerade", ...networks.flatMap(natRules)].join("\n    ")}
  }
}
`;
}

/** Adds or takes away ports, in one transaction. Of a table that is there. */
export function renderPorts(verb: "add" | "delete", table: string, ports: readonly PortMapping[]): string {
  return ports
    .map((port) => {
      const element = verb === "add" ? elementOf(port) : keyOf(port);
      return `${verb} element inet ${table} ${mapOf(port)} { ${element} }\n`;
    })
    .join("");
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
  "oifname @bridges ct status dnat accept",
  // Networks without translation: what is published, at the container's own address, and whether it is there.
  "ip daddr . meta l4proto . th dport @opened4 accept",
  "ip6 daddr . meta l4proto . th dport @opened6 accept",
  "oifname @routed4 ip protocol 1 accept",
  "oifname @routed6 meta l4proto 58 accept",
  // From one of our networks into another: only by a published port.
  "iifname @bridges oifname @bridges drop",
  "iifname @bridges accept",
  "oifname @reachable4 meta nfproto ipv4 accept",
  "oifname @reachable6 meta nfproto ipv6 accept",
  // A router that knows our subnets gets no further than any other host: ports are published, or closed.
  "oifname @bridges drop",
] as const;

/**
 * A bridge may route addresses of 127/8 (route_localnet), so that the host reaches published ports by its own loopback. A
 * container must not send to, or from, such an address: it would reach what the host serves to itself alone.
 */
const GUARD_RULES = ["iifname @bridges ip daddr 127.0.0.0/8 drop", "iifname @bridges ip saddr 127.0.0.0/8 drop"];

/** Ports of one address before those of all. ::1 cannot leave the host: the daemon passes it on. */
const PUBLISHED_RULES = [
  "dnat ip to ip daddr . meta l4proto . th dport map @bound4",
  "dnat ip to meta l4proto . th dport map @any4",
  "ip6 daddr ::1 return",
  "dnat ip6 to ip6 daddr . meta l4proto . th dport map @bound6",
  "dnat ip6 to meta l4proto . th dport map @any6",
];

/** `opened`: no translation, a port that may be reached. */
const MAPS = ["any4", "any6", "bound4", "bound6", "opened4", "opened6"] as const;
const FAMILIES = [4, 6] as const;

function names4or6(networks: readonly BridgeNetwork[], family: 4 | 6, mode: GatewayMode): readonly string[] {
  return networks
    .filter(({ internal, mode4, mode6 }) => !internal && (family === 4 ? mode4 : mode6) === mode)
    .map(({ bridge }) => quote(bridge));
}

function portMap(name: (typeof MAPS)[number], ports: readonly PortMapping[]): string {
  const address = name.endsWith("4") ? "ipv4_addr" : "ipv6_addr";
  const key = `${name.startsWith("any") ? "" : `${address} . `}inet_proto . inet_service`;
  const elements = ports.filter((port) => mapOf(port) === name).map(elementOf);
  if (name.startsWith("opened")) return set(name, key, elements);
  const content = elements.length === 0 ? "" : ` elements = { ${elements.join(", ")} };`;
  return `  map ${name} { type ${key} : ${address} . inet_service;${content} }`;
}

function mapOf({ family, hostIp, hostPort }: PortMapping): (typeof MAPS)[number] {
  if (hostPort === 0) return `opened${family}`;
  const every = hostIp === "0.0.0.0" || hostIp === "::";
  return `${every ? "any" : "bound"}${family}`;
}

function elementOf(port: PortMapping): string {
  return port.hostPort === 0 ? keyOf(port) : `${keyOf(port)} : ${valueOf(port)}`;
}

/** As numbers: libnftables looks names up in /etc/protocols, which a small system has not (1 is ICMP, 58 ICMP of IPv6). */
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

function keyOf(port: PortMapping): string {
  const protocol = PROTOCOLS[port.protocol];
  if (port.hostPort === 0) return `${port.address} . ${protocol} . ${port.containerPort}`;
  const bound = mapOf(port).startsWith("bound") ? `${port.hostIp} . ` : "";
  return `${bound}${protocol} . ${port.hostPort}`;
}

function valueOf({ address, containerPort }: PortMapping): string {
  return `${address} . ${containerPort}`;
}

function natRules({ subnet, ipv6, internal, masquerade, mode4, mode6 }: BridgeNetwork): readonly string[] {
  if (internal) return [];
  return [
    ...(subnet === "" ? [] : familyRules("ip", subnet, masquerade, mode4)),
    ...(ipv6 === undefined ? [] : familyRules("ip6", ipv6.subnet, masquerade, mode6)),
  ];
}

function familyRules(family: "ip" | "ip6", subnet: string, masquerade: boolean, mode: GatewayMode = "nat"): string[] {
  if (mode === "routed") return [];
  // A container that uses a published port of its own network: the answer must come back over the host too.
  const hairpin = `${family} saddr ${subnet} ${family} daddr ${subnet} ct status dnat masquerade`;
  return masquerade ? [hairpin, `${family} saddr ${subnet} oifname != @bridges masquerade`] : [hairpin];
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
