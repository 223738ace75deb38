/** Bridge networks on a real kernel, in network namespaces that stand for the host and for another machine. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { silent } from "../../daemon/base/logger.ts";
import { interfaceCounters } from "../../daemon/linux/interface-counters.ts";
import { createNetworkNamespace, inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import type { BridgeNetwork, EndpointPlan } from "../../daemon/network/network-driver.ts";
import { chooseSubnet, DEFAULT_POOLS, hostSubnets } from "../../daemon/network/subnet-choice.ts";
import { at, DriverHost, isCutOff, linksOf, ONE, pings, TWO } from "../support/driver-host.ts";

describe("BridgeDriver", () => {
  let net: DriverHost;
  beforeEach(() => {
    net = new DriverHost();
  });
  afterEach(() => net[Symbol.asyncDispose]());

  it("a sandbox has lo up, Docker's sysctls, and goes away whole", () => {
    const path = net.sandbox("sandbox");
    deepEqual(linksOf(path), ["lo"]);
    ok(pings(path, "127.0.0.1"));
    equal(at(path, "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start").trim(), "0");
    equal(at(path, "cat", "/proc/sys/net/ipv4/ping_group_range").trim().replace(/\s+/, " "), "0 2147483647");
    net.sandboxes.remove(path);
    net.sandboxes.remove(path);
    equal(existsSync(path), false);
  });

  it("a sandbox can be made over what a crash left", () => {
    const path = net.sandbox("sandbox");
    net.sandboxes.create(path);
    deepEqual(linksOf(path), ["lo"]);
  });

  it("a failure inside a new namespace leaves nothing, and this thread at home", () => {
    const home = linksOf("/proc/self/ns/net");
    const path = join(net.folder, "failed");
    throws(() => createNetworkNamespace(path, () => { throw new Error("inside"); }), /inside/); // prettier-ignore
    throws(() => inNetworkNamespace(net.host, () => Promise.resolve()), TypeError);
    equal(existsSync(path), false);
    deepEqual(linksOf("/proc/self/ns/net"), home);
  });

  it("two containers reach each other and their gateway, and their interface is as asked for", () => {
    net.setup(ONE);
    const [a, b] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3)];
    ok(pings(a.sandboxPath, b.ipAddress));
    ok(pings(b.sandboxPath, ONE.gateway));
    ok(pings(net.host, a.ipAddress));
    const [eth0] = JSON.parse(at(a.sandboxPath, "ip", "-j", "address", "show", "eth0")) as [Record<string, unknown>];
    deepEqual([eth0["address"], eth0["mtu"], eth0["operstate"]], [a.macAddress, 1500, "UP"]);
    deepEqual(
      (eth0["addr_info"] as { local: string; prefixlen: number; broadcast?: string }[]).map((each) => [
        each.local,
        each.prefixlen,
        each.broadcast,
      ]),
      [["172.17.0.2", 16, "172.17.255.255"]],
      "no IPv6 in a network without",
    );
    match(at(a.sandboxPath, "ip", "route"), /^default via 172\.17\.0\.1 dev eth0/m);
  });

  it("IPv6: addresses usable at once, the way out, and between containers", () => {
    net.setup(TWO);
    const [a, b] = [net.join(TWO, "a", 2), net.join(TWO, "b", 3)];
    ok(pings(a.sandboxPath, "fd18::3"));
    ok(pings(b.sandboxPath, "fd18::1"));
    match(at(a.sandboxPath, "ip", "-6", "route"), /^default via fd18::1 dev eth0/m);
    net.outside();
    ok(pings(a.sandboxPath, "2001:db8::2"));
  });

  it("the outside is reached under the host's address, and does not get in", () => {
    net.setup(ONE);
    const a = net.join(ONE, "a", 2);
    const out = net.outside();
    ok(pings(a.sandboxPath, "198.51.100.2"));
    at(out, "ip", "route", "add", "172.17.0.0/16", "via", "198.51.100.1");
    ok(isCutOff(out, a.ipAddress));
  });

  it("networks are apart; an internal one has no way out", () => {
    const internal: BridgeNetwork = { ...TWO, ipv6: undefined, internal: true };
    net.setup(ONE);
    net.setup(internal);
    const a = net.join(ONE, "a", 2);
    const b = net.join(internal, "b", 3);
    const c = net.join(internal, "c", 4);
    const out = net.outside();
    ok(isCutOff(a.sandboxPath, b.ipAddress));
    ok(isCutOff(b.sandboxPath, a.ipAddress));
    ok(isCutOff(b.sandboxPath, "198.51.100.2"));
    ok(pings(b.sandboxPath, c.ipAddress));
    ok(isCutOff(out, b.ipAddress));
  });

  it("without inter-container traffic each reaches the outside alone", () => {
    const lonely = { ...ONE, interContainer: false };
    net.setup(lonely);
    const [a, b] = [net.join(lonely, "a", 2), net.join(lonely, "b", 3)];
    net.outside();
    ok(isCutOff(a.sandboxPath, b.ipAddress));
    ok(pings(a.sandboxPath, "198.51.100.2"));
  });

  it("setup, disconnect, teardown and sweep can be done again", async () => {
    for (let n = 0; n < 2; n++) net.setup(ONE);
    const a = net.join(ONE, "a", 2);
    for (let n = 0; n < 2; n++) net.inside(() => net.driver.disconnect(a));
    await net.driver.settled();
    deepEqual(linksOf(net.host), ["lo", "slipway0"]);
    net.inside(() => net.driver.sweep(new Set()));
    for (let n = 0; n < 2; n++) net.teardown(ONE);
    deepEqual([linksOf(net.host), net.tables()], [["lo"], ""]);
  });

  it("sweep takes what no endpoint names, of this daemon alone", async () => {
    net.setup(ONE);
    const [a, b] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3)];
    const other = net.newDriver({ daemonId: "another daemon" });
    net.inside(() => other.sweep(new Set()));
    await other.settled();
    equal(linksOf(net.host).includes(a.hostInterface), true);
    net.inside(() => net.driver.sweep(new Set([b.hostInterface])));
    await net.driver.settled();
    deepEqual(
      [linksOf(net.host).includes(a.hostInterface), linksOf(net.host).includes(b.hostInterface)],
      [false, true],
    );
    other[Symbol.dispose]();
  });

  it("a name that is taken in the sandbox leaves no half of a pair", () => {
    net.setup(ONE);
    const a = net.join(ONE, "a", 2);
    const hostInterface = net.driver.hostInterfaceFor("feed".repeat(16));
    throws(() => net.inside(() => net.driver.connect(ONE, { ...a, hostInterface })), { code: "EEXIST" });
    equal(linksOf(net.host).includes(hostInterface), false);
  });

  it("a bridge removed by hand comes back with the next setup, and its containers are on it again", () => {
    net.setup(ONE);
    const [a, b] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3)];
    at(net.host, "ip", "link", "delete", "slipway0");
    throws(() => net.join(ONE, "c", 4), { code: "ENODEV" });
    net.setup(ONE);
    ok(pings(a.sandboxPath, b.ipAddress));
    ok(pings(net.join(ONE, "d", 5).sandboxPath, ONE.gateway));
  });

  it("rules that someone flushed are back with the next connect", () => {
    net.setup(ONE);
    const before = net.rules();
    for (const flush of [["ruleset"], ["table", "inet", net.tables().split(" ").at(-1) ?? ""]]) {
      at(net.host, "nft", "flush", ...flush);
      net.join(ONE, `after-${flush[0]}`, flush.length + 4);
      equal(net.rules(), before);
    }
  });

  describe("healing by itself", () => {
    /** A net.driver that tells of the first thing that it warns of. */
    async function watching(): Promise<string> {
      const { promise, resolve } = Promise.withResolvers<string>();
      net.driver[Symbol.dispose]();
      net.driver = net.newDriver({ log: { ...silent, warn: resolve } });
      return await promise;
    }

    /** Before Linux 6.2 only a link that is down can be renamed. */
    function rename(link: string, name: string): void {
      at(net.host, "ip", "link", "set", link, "down");
      at(net.host, "ip", "link", "set", link, "name", name);
    }

    it("rules that someone flushed are back", async () => {
      const warned = watching();
      net.setup(ONE);
      const before = net.rules();
      at(net.host, "nft", "flush", "ruleset");
      match(await warned, /someone flushed the rules/);
      // It says so before it does it, in one go.
      await setImmediate();
      equal(net.rules(), before);
    });

    for (const [what, linkOf] of [
      ["a bridge", () => ONE.bridge],
      ["the host's end of a container", (a: EndpointPlan) => a.hostInterface],
    ] as const)
      it(`${what} that someone renamed has its name again`, async () => {
        const warned = watching();
        net.setup(ONE);
        const [a, b] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3)];
        const before = linksOf(net.host);
        rename(linkOf(a), "strange");
        match(await warned, /someone renamed an interface/);
        await setImmediate();
        deepEqual(linksOf(net.host), before);
        ok(pings(a.sandboxPath, b.ipAddress));
        ok(pings(a.sandboxPath, ONE.gateway));
      });

    it("one that was renamed while there was no daemon has its name again with the next", () => {
      net.setup(ONE);
      const a = net.join(ONE, "a", 2);
      const before = linksOf(net.host);
      net.driver[Symbol.dispose]();
      rename(ONE.bridge, "strange");
      rename(a.hostInterface, "stranger");
      net.driver = net.newDriver();
      net.setup(ONE);
      net.inside(() => net.driver.sweep(new Set([ONE.bridge, a.hostInterface])));
      deepEqual(linksOf(net.host), before);
      ok(pings(a.sandboxPath, ONE.gateway));
    });

    it("a bridge that someone removed is there again, with its containers", async () => {
      const warned = watching();
      net.setup(ONE);
      const [a, b] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3)];
      at(net.host, "ip", "link", "delete", ONE.bridge);
      match(await warned, /someone removed the bridge/);
      await setImmediate();
      ok(pings(a.sandboxPath, b.ipAddress));
      ok(pings(a.sandboxPath, ONE.gateway));
      net.teardown(ONE);
      await setImmediate();
      deepEqual(linksOf(net.host).includes(ONE.bridge), false);
    });
  });

  it("two daemons in one network namespace: a bridge has one owner, tables are apart", () => {
    net.setup(ONE);
    const other = net.newDriver({ daemonId: "another daemon" });
    throws(() => net.inside(() => other.setup(ONE)), { kind: "Conflict" });
    net.inside(() => other.setup(TWO));
    equal(net.tables().split("\n").length, 2);
    net.inside(() => other.teardown(ONE));
    net.inside(() => other.teardown(TWO));
    deepEqual([linksOf(net.host), net.tables().split("\n").length], [["lo", "slipway0"], 1]);
    other[Symbol.dispose]();
  });

  it("an administrator's bridge is used and left", () => {
    at(net.host, "ip", "link", "add", "slipway0", "type", "bridge");
    net.setup(ONE);
    ok(pings(net.join(ONE, "a", 2).sandboxPath, ONE.gateway));
    net.teardown(ONE);
    equal(linksOf(net.host).includes("slipway0"), true);
  });

  it("a link of another kind with the bridge's name is refused", () => {
    at(net.host, "ip", "link", "add", "slipway0", "type", "veth");
    throws(() => net.setup(ONE), { kind: "Conflict" });
  });

  it("the default subnet avoids what the host uses", () => {
    at(net.host, "ip", "link", "add", "uplink", "type", "bridge");
    at(net.host, "ip", "address", "add", "172.17.9.1/24", "dev", "uplink");
    at(net.host, "ip", "link", "set", "uplink", "up");
    at(net.host, "ip", "route", "add", "172.18.0.0/15", "dev", "uplink");
    equal(chooseSubnet(DEFAULT_POOLS, net.inside(hostSubnets)).subnet, "172.20.0.0/16");
  });

  it("interfaceCounters reads this process's, and none of one that is gone", () => {
    ok(Object.keys(interfaceCounters(process.pid)).every((name) => name !== "lo"));
    deepEqual(interfaceCounters(2 ** 22 + 1), {});
  });
});
