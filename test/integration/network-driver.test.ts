/** Bridge networks on a real kernel, in network namespaces that stand for the host and for another machine. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "../../daemon/base/logger.ts";
import { interfaceCounters } from "../../daemon/linux/interface-counters.ts";
import {
  createNetworkNamespace,
  inNetworkNamespace,
  removeNetworkNamespace,
} from "../../daemon/linux/network-namespace.ts";
import { createBridgeDriver } from "../../daemon/network/bridge-driver.ts";
import { macFor } from "../../daemon/network/mac-address.ts";
import type { BridgeNetwork, EndpointPlan } from "../../daemon/network/network-driver.ts";
import { createSandboxes } from "../../daemon/network/sandboxes.ts";
import { chooseSubnet, DEFAULT_POOLS, hostSubnets } from "../../daemon/network/subnet-choice.ts";

const ONE: BridgeNetwork = {
  id: "1".repeat(64),
  name: "bridge",
  bridge: "slipway0",
  subnet: "172.17.0.0/16",
  gateway: "172.17.0.1",
  mtu: 1500,
  masquerade: true,
  internal: false,
  interContainer: true,
};
const TWO: BridgeNetwork = {
  ...ONE,
  id: "2".repeat(64),
  name: "two",
  bridge: "br-two",
  subnet: "172.18.0.0/16",
  gateway: "172.18.0.1",
  ipv6: { subnet: "fd18::/64", gateway: "fd18::1" },
};

describe("BridgeDriver", () => {
  let folder: string;
  let host: string;
  let driver: ReturnType<typeof createBridgeDriver>;
  const sandboxes = createSandboxes({ userNamespace: false });
  const made: string[] = [];

  const inHost = <R>(body: () => R): R => inNetworkNamespace(host, body);
  const newDriver = (daemonId = "daemon"): typeof driver => inHost(() => createBridgeDriver({ daemonId, log: silent }));
  const at = (path: string, ...command: string[]): string =>
    execFileSync("nsenter", [`--net=${path}`, ...command], { encoding: "utf8" });
  const pings = (from: string, address: string): boolean =>
    spawnSync("nsenter", [`--net=${from}`, "busybox", "ping", "-c1", "-W1", address]).status === 0;
  const linksOf = (path: string): readonly string[] =>
    (JSON.parse(at(path, "ip", "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname).sort();
  const tables = (): string => at(host, "nft", "list", "tables").trim();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-net-"));
    host = join(folder, "host");
    createNetworkNamespace(host, () => undefined);
    made.push(host);
    at(host, "ip", "link", "set", "lo", "up");
    driver = newDriver();
  });
  afterEach(async () => {
    await driver.settled();
    driver[Symbol.dispose]();
    for (const path of made.splice(0)) removeNetworkNamespace(path);
    rmSync(folder, { recursive: true });
  });

  function sandbox(name: string): string {
    const path = join(folder, name);
    made.push(path);
    inHost(() => sandboxes.create(path));
    return path;
  }

  function join_(network: BridgeNetwork, name: string, last: number, more: Partial<EndpointPlan> = {}): EndpointPlan {
    const ipAddress = `${network.subnet.split(".").slice(0, 2).join(".")}.0.${last}`;
    const endpoint: EndpointPlan = {
      sandboxPath: sandbox(name),
      hostInterface: driver.hostInterfaceFor(`${last.toString(16).padStart(8, "0")}${"0".repeat(56)}`),
      containerInterface: "eth0",
      ipAddress,
      prefixLength: 16,
      gateway: network.gateway,
      macAddress: macFor(ipAddress),
      ...(network.ipv6 && {
        ipv6: { address: `fd18::${last}`, prefixLength: 64, gateway: network.ipv6.gateway },
      }),
      ...more,
    };
    inHost(() => driver.connect(network, endpoint));
    return endpoint;
  }

  /** Another machine on the wire: it knows no route to our subnets. */
  function outside(): string {
    const path = join(folder, "outside");
    made.push(path);
    createNetworkNamespace(path, () => undefined);
    at(host, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire-out");
    execFileSync("nsenter", [`--net=${host}`, "ip", "link", "set", "wire-out", "netns", path]);
    for (const [side, link, n] of [
      [host, "wire", 1],
      [path, "wire-out", 2],
    ] as const) {
      at(side, "ip", "address", "add", `198.51.100.${n}/24`, "dev", link);
      at(side, "ip", "address", "add", `2001:db8::${n}/64`, "dev", link, "nodad");
      at(side, "ip", "link", "set", link, "up");
    }
    return path;
  }

  it("a sandbox has lo up, Docker's sysctls, and goes away whole", () => {
    const path = sandbox("sandbox");
    deepEqual(linksOf(path), ["lo"]);
    ok(pings(path, "127.0.0.1"));
    equal(at(path, "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start").trim(), "0");
    equal(at(path, "cat", "/proc/sys/net/ipv4/ping_group_range").trim().replace(/\s+/, " "), "0 2147483647");
    sandboxes.remove(path);
    sandboxes.remove(path);
    equal(existsSync(path), false);
  });

  it("a sandbox can be made over what a crash left", () => {
    const path = sandbox("sandbox");
    sandboxes.create(path);
    deepEqual(linksOf(path), ["lo"]);
  });

  it("a failure inside a new namespace leaves nothing, and this thread at home", () => {
    const home = linksOf("/proc/self/ns/net");
    const path = join(folder, "failed");
    throws(() => createNetworkNamespace(path, () => { throw new Error("inside"); }), /inside/); // prettier-ignore
    throws(() => inNetworkNamespace(host, () => Promise.resolve()), TypeError);
    equal(existsSync(path), false);
    deepEqual(linksOf("/proc/self/ns/net"), home);
  });

  it("two containers reach each other and their gateway, and their interface is as asked for", () => {
    inHost(() => driver.setup(ONE));
    const [a, b] = [join_(ONE, "a", 2), join_(ONE, "b", 3)];
    ok(pings(a.sandboxPath, b.ipAddress));
    ok(pings(b.sandboxPath, ONE.gateway));
    ok(pings(host, a.ipAddress));
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
    inHost(() => driver.setup(TWO));
    const [a, b] = [join_(TWO, "a", 2), join_(TWO, "b", 3)];
    ok(pings(a.sandboxPath, "fd18::3"));
    ok(pings(b.sandboxPath, "fd18::1"));
    match(at(a.sandboxPath, "ip", "-6", "route"), /^default via fd18::1 dev eth0/m);
    outside();
    ok(pings(a.sandboxPath, "2001:db8::2"));
  });

  it("the outside is reached under the host's address, and does not get in", () => {
    inHost(() => driver.setup(ONE));
    const a = join_(ONE, "a", 2);
    const out = outside();
    ok(pings(a.sandboxPath, "198.51.100.2"));
    at(out, "ip", "route", "add", "172.17.0.0/16", "via", "198.51.100.1");
    equal(pings(out, a.ipAddress), false);
  });

  it("networks are apart; an internal one has no way out", () => {
    const internal: BridgeNetwork = { ...TWO, ipv6: undefined, internal: true };
    inHost(() => driver.setup(ONE));
    inHost(() => driver.setup(internal));
    const a = join_(ONE, "a", 2);
    const b = join_(internal, "b", 3);
    const c = join_(internal, "c", 4);
    const out = outside();
    deepEqual(
      [pings(a.sandboxPath, b.ipAddress), pings(b.sandboxPath, a.ipAddress), pings(b.sandboxPath, "198.51.100.2")],
      [false, false, false],
    );
    ok(pings(b.sandboxPath, c.ipAddress));
    equal(pings(out, b.ipAddress), false);
  });

  it("without inter-container traffic each reaches the outside alone", () => {
    const lonely = { ...ONE, interContainer: false };
    inHost(() => driver.setup(lonely));
    const [a, b] = [join_(lonely, "a", 2), join_(lonely, "b", 3)];
    outside();
    deepEqual([pings(a.sandboxPath, b.ipAddress), pings(a.sandboxPath, "198.51.100.2")], [false, true]);
  });

  it("setup, disconnect, teardown and sweep can be done again", async () => {
    for (let n = 0; n < 2; n++) inHost(() => driver.setup(ONE));
    const a = join_(ONE, "a", 2);
    for (let n = 0; n < 2; n++) inHost(() => driver.disconnect(a));
    await driver.settled();
    deepEqual(linksOf(host), ["lo", "slipway0"]);
    inHost(() => driver.sweep(new Set()));
    for (let n = 0; n < 2; n++) inHost(() => driver.teardown(ONE));
    deepEqual([linksOf(host), tables()], [["lo"], ""]);
  });

  it("sweep takes what no endpoint names, of this daemon alone", async () => {
    inHost(() => driver.setup(ONE));
    const [a, b] = [join_(ONE, "a", 2), join_(ONE, "b", 3)];
    const other = newDriver("another daemon");
    inHost(() => other.sweep(new Set()));
    await other.settled();
    equal(linksOf(host).includes(a.hostInterface), true);
    inHost(() => driver.sweep(new Set([b.hostInterface])));
    await driver.settled();
    deepEqual([linksOf(host).includes(a.hostInterface), linksOf(host).includes(b.hostInterface)], [false, true]);
    other[Symbol.dispose]();
  });

  it("a name that is taken in the sandbox leaves no half of a pair", () => {
    inHost(() => driver.setup(ONE));
    const a = join_(ONE, "a", 2);
    const hostInterface = driver.hostInterfaceFor("feed".repeat(16));
    throws(() => inHost(() => driver.connect(ONE, { ...a, hostInterface })), { code: "EEXIST" });
    equal(linksOf(host).includes(hostInterface), false);
  });

  it("a bridge removed by hand comes back with the next setup, and its containers are on it again", () => {
    inHost(() => driver.setup(ONE));
    const [a, b] = [join_(ONE, "a", 2), join_(ONE, "b", 3)];
    at(host, "ip", "link", "delete", "slipway0");
    throws(() => join_(ONE, "c", 4), { code: "ENODEV" });
    inHost(() => driver.setup(ONE));
    ok(pings(a.sandboxPath, b.ipAddress));
    ok(pings(join_(ONE, "d", 5).sandboxPath, ONE.gateway));
  });

  it("rules that someone flushed are back with the next connect", () => {
    inHost(() => driver.setup(ONE));
    const before = at(host, "nft", "list", "ruleset");
    for (const flush of [["ruleset"], ["table", "inet", tables().split(" ").at(-1) ?? ""]]) {
      at(host, "nft", "flush", ...flush);
      join_(ONE, `after-${flush[0]}`, flush.length + 4);
      equal(at(host, "nft", "list", "ruleset"), before);
    }
  });

  it("two daemons in one network namespace: a bridge has one owner, tables are apart", () => {
    inHost(() => driver.setup(ONE));
    const other = newDriver("another daemon");
    throws(() => inHost(() => other.setup(ONE)), { kind: "Conflict" });
    inHost(() => other.setup(TWO));
    equal(tables().split("\n").length, 2);
    inHost(() => other.teardown(ONE));
    inHost(() => other.teardown(TWO));
    deepEqual([linksOf(host), tables().split("\n").length], [["lo", "slipway0"], 1]);
    other[Symbol.dispose]();
  });

  it("an administrator's bridge is used and left", () => {
    at(host, "ip", "link", "add", "slipway0", "type", "bridge");
    inHost(() => driver.setup(ONE));
    ok(pings(join_(ONE, "a", 2).sandboxPath, ONE.gateway));
    inHost(() => driver.teardown(ONE));
    equal(linksOf(host).includes("slipway0"), true);
  });

  it("a link of another kind with the bridge's name is refused", () => {
    at(host, "ip", "link", "add", "slipway0", "type", "veth");
    throws(() => inHost(() => driver.setup(ONE)), { kind: "Conflict" });
  });

  it("the default subnet avoids what the host uses", () => {
    at(host, "ip", "link", "add", "uplink", "type", "bridge");
    at(host, "ip", "address", "add", "172.17.9.1/24", "dev", "uplink");
    at(host, "ip", "link", "set", "uplink", "up");
    at(host, "ip", "route", "add", "172.18.0.0/15", "dev", "uplink");
    equal(chooseSubnet(DEFAULT_POOLS, inHost(hostSubnets)).subnet, "172.20.0.0/16");
  });

  it("interfaceCounters reads this process's, and none of one that is gone", () => {
    ok(Object.keys(interfaceCounters(process.pid)).every((name) => name !== "lo"));
    deepEqual(interfaceCounters(2 ** 22 + 1), {});
  });
});
