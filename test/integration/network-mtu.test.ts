/** What travels in one piece: large inside a bridge network, Ethernet's measure towards everybody else. */
import { deepEqual, equal, match } from "node:assert/strict";
import type { BridgeNetwork, EndpointPlan } from "../../daemon/network/network-driver.ts";
import { at, DriverHost, ONE, TWO } from "../support/driver-host.ts";

const LARGE = { mtu: 65_535, outsideMtu: 1500 };
const DUAL: BridgeNetwork = { ...TWO, ...LARGE };

describe("BridgeDriver, MTU", () => {
  let net: DriverHost;
  beforeEach(() => {
    net = new DriverHost();
  });
  afterEach(() => net[Symbol.asyncDispose]());

  const mtuOf = (path: string, link: string): number =>
    (JSON.parse(at(path, "ip", "-j", "link", "show", link)) as { mtu: number }[])[0]?.mtu ?? 0;

  /** Fragments that the container's kernel makes of a ping of so many bytes; 0 is one piece. */
  function fragmentsOf({ sandboxPath }: EndpointPlan, address: string, bytes: number): number {
    const before = fragmentsMade(sandboxPath);
    at(sandboxPath, "busybox", "ping", "-c1", "-W5", "-s", String(bytes), address);
    return fragmentsMade(sandboxPath) - before;
  }

  /** As the kernel counts them, of both families (proc_pid_net(5)). */
  function fragmentsMade(path: string): number {
    const [names = "", values = ""] = at(path, "grep", "^Ip:", "/proc/net/snmp").split("\n");
    const ipv4 = values.split(" ")[names.split(" ").indexOf("FragCreates")];
    const ipv6 = /Ip6FragCreates\s+(\d+)/.exec(at(path, "cat", "/proc/net/snmp6"))?.[1];
    return Number(ipv4) + Number(ipv6);
  }

  it("a large one holds between containers and to the host, and 1500 on the way out, in both families", () => {
    net.setup(DUAL);
    const [a, b] = [net.join(DUAL, "a", 2), net.join(DUAL, "b", 3)];
    net.outside();
    deepEqual([mtuOf(a.sandboxPath, "eth0"), mtuOf(net.host, "br-two")], [65_535, 65_535]);
    for (const inside of [b.ipAddress, DUAL.gateway, "fd18::3", "fd18::1"])
      equal(fragmentsOf(a, inside, 60_000), 0, inside);
    for (const outside of ["198.51.100.2", "2001:db8::2"]) equal(fragmentsOf(a, outside, 4000), 3, outside);
    match(at(a.sandboxPath, "ip", "route"), /^default via 172\.18\.0\.1 dev eth0 mtu 1500/m);
    match(at(a.sandboxPath, "ip", "-6", "route"), /^default via fd18::1 dev eth0 .*mtu 1500/m);
  });

  it("a way out that is set anew has it too, and one that was chosen has no other", () => {
    net.setup(DUAL);
    const a = net.join(DUAL, "a", 2);
    net.outside();
    const { ipv4, ipv6 } = { ipv4: DUAL.gateway, ipv6: "fd18::1" };
    net.inside(() => net.driver.setDefaultRoute(a.sandboxPath, { ipv4, ipv6, mtu: 1500 }));
    for (const outside of ["198.51.100.2", "2001:db8::2"]) equal(fragmentsOf(a, outside, 4000), 3, outside);
    net.inside(() => net.driver.setDefaultRoute(a.sandboxPath, { ipv4, ipv6 }));
    deepEqual(at(a.sandboxPath, "ip", "route").match(/mtu/g), null);
  });

  it("one that was chosen holds inside and outside", () => {
    const chosen = { ...ONE, mtu: 1400 };
    net.setup(chosen);
    const [a, b] = [net.join(chosen, "a", 2), net.join(chosen, "b", 3)];
    equal(mtuOf(a.sandboxPath, "eth0"), 1400);
    equal(fragmentsOf(a, b.ipAddress, 4000), 3);
    deepEqual(at(a.sandboxPath, "ip", "route").match(/mtu/g), null);
  });

  it("on an administrator's bridge it is 1500: other machines may be behind it", () => {
    at(net.host, "ip", "link", "add", "slipway0", "type", "bridge");
    const network = { ...ONE, ...LARGE };
    net.setup(network);
    equal(mtuOf(net.join(network, "a", 2).sandboxPath, "eth0"), 1500);
  });

  it("a bridge from before, with a container that still has 1500: they reach each other, and it grows when that is gone", async () => {
    net.setup(ONE);
    const old = net.join(ONE, "old", 2);
    const network = { ...ONE, ...LARGE };
    net.setup(network);
    const a = net.join(network, "a", 3);
    equal(mtuOf(net.host, "slipway0"), 1500);
    at(old.sandboxPath, "busybox", "ping", "-c1", "-W5", "-s", "4000", a.ipAddress);
    net.inside(() => net.driver.disconnect(old));
    await net.driver.settled();
    equal(mtuOf(net.host, "slipway0"), 65_535);
    equal(fragmentsOf(a, network.gateway, 60_000), 0);
  });
});
