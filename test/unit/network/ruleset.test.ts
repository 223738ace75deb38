import { doesNotMatch, equal, match, throws } from "node:assert/strict";
import type { BridgeNetwork } from "../../../daemon/network/network-driver.ts";
import { renderRuleset } from "../../../daemon/network/ruleset.ts";

const NETWORK: BridgeNetwork = {
  id: "n1",
  name: "one",
  bridge: "br-one",
  subnet: "172.18.0.0/16",
  gateway: "172.18.0.1",
  mtu: 1500,
  masquerade: true,
  internal: false,
  interContainer: true,
};
const render = (...networks: BridgeNetwork[]): string => renderRuleset({ table: "slipway_0000", networks, ports: [] });

describe("renderRuleset", () => {
  it("names every bridge once, and leaves an empty set without elements", () => {
    const rules = render(NETWORK, { ...NETWORK, bridge: "br-two", internal: true, interContainer: false });
    match(rules, /set bridges { type ifname; elements = { "br-one", "br-two" }; }/);
    match(rules, /set internal { type ifname; elements = { "br-two" }; }/);
    match(rules, /set same { type ifname . ifname; elements = { "br-one" . "br-one" }; }/);
    match(render(), /set bridges { type ifname; }/);
  });

  it("masquerades what leaves by another interface, of both families, where it is wanted", () => {
    const ipv6 = { subnet: "fd91::/64", gateway: "fd91::1" };
    match(
      render({ ...NETWORK, ipv6 }),
      /ip saddr 172\.18\.0\.0\/16 oifname != @bridges masquerade\n.*\n +ip6 saddr fd91::\/64 oifname != @bridges masquerade/,
    );
    const masquerades = (network: BridgeNetwork): boolean => render(network).includes("oifname != @bridges masquerade");
    equal(masquerades({ ...NETWORK, masquerade: false }), false);
    equal(masquerades({ ...NETWORK, internal: true }), false);
  });

  it("names no protocol: a system may have no /etc/protocols", () => {
    const ports = (["tcp", "udp", "sctp"] as const).flatMap((protocol) =>
      [80, 0].map((hostPort) => {
        const family = 4 as const;
        return { family, hostIp: "0.0.0.0", hostPort, protocol, address: "172.18.0.2", containerPort: 80 };
      }),
    );
    const rules = renderRuleset({ table: "slipway_0000", networks: [NETWORK], ports });
    match(rules, /elements = { 6 \. 80 : 172\.18\.0\.2 \. 80, 17 \. 80 : /);
    doesNotMatch(rules, /(?:\.|protocol|l4proto) (?:tcp|udp|sctp|icmp|ipv6-icmp|icmpv6)\b/);
  });

  it("refuses the name of a bridge that would be more than a name", () => {
    for (const bridge of ['a" }', "", "0123456789abcdef", "a b"])
      throws(() => render({ ...NETWORK, bridge }), RangeError);
  });
});
