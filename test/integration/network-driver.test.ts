/** Bridge networks on a real kernel, in network namespaces that stand for the host and for another machine. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { silent } from "../../daemon/base/logger.ts";
import { interfaceCounters } from "../../daemon/linux/interface-counters.ts";
import {
  createNetworkNamespace,
  inNetworkNamespace,
  removeNetworkNamespace,
} from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { createBridgeDriver } from "../../daemon/network/bridge-driver.ts";
import { macFor } from "../../daemon/network/mac-address.ts";
import type { BridgeNetwork, EndpointPlan, PortTarget } from "../../daemon/network/network-driver.ts";
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
  /** @param seconds how long an answer may take; a machine that is busy needs them */
  const pings = (from: string, address: string, seconds = 5): boolean =>
    spawnSync("nsenter", [`--net=${from}`, "busybox", "ping", "-c1", `-W${seconds}`, address]).status === 0;
  const isCutOff = (from: string, address: string): boolean => !pings(from, address, 1);
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
    ok(isCutOff(out, a.ipAddress));
  });

  it("networks are apart; an internal one has no way out", () => {
    const internal: BridgeNetwork = { ...TWO, ipv6: undefined, internal: true };
    inHost(() => driver.setup(ONE));
    inHost(() => driver.setup(internal));
    const a = join_(ONE, "a", 2);
    const b = join_(internal, "b", 3);
    const c = join_(internal, "c", 4);
    const out = outside();
    ok(isCutOff(a.sandboxPath, b.ipAddress));
    ok(isCutOff(b.sandboxPath, a.ipAddress));
    ok(isCutOff(b.sandboxPath, "198.51.100.2"));
    ok(pings(b.sandboxPath, c.ipAddress));
    ok(isCutOff(out, b.ipAddress));
  });

  it("without inter-container traffic each reaches the outside alone", () => {
    const lonely = { ...ONE, interContainer: false };
    inHost(() => driver.setup(lonely));
    const [a, b] = [join_(lonely, "a", 2), join_(lonely, "b", 3)];
    outside();
    ok(isCutOff(a.sandboxPath, b.ipAddress));
    ok(pings(a.sandboxPath, "198.51.100.2"));
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

  describe("healing by itself", () => {
    /** A driver that tells of the first thing that it warns of. */
    async function watching(): Promise<string> {
      const { promise, resolve } = Promise.withResolvers<string>();
      driver[Symbol.dispose]();
      driver = inHost(() => createBridgeDriver({ daemonId: "daemon", log: { ...silent, warn: resolve } }));
      return await promise;
    }

    /** Before Linux 6.2 only a link that is down can be renamed. */
    function rename(link: string, name: string): void {
      at(host, "ip", "link", "set", link, "down");
      at(host, "ip", "link", "set", link, "name", name);
    }

    it("rules that someone flushed are back", async () => {
      const warned = watching();
      inHost(() => driver.setup(ONE));
      const before = at(host, "nft", "list", "ruleset");
      at(host, "nft", "flush", "ruleset");
      match(await warned, /someone flushed the rules/);
      // It says so before it does it, in one go.
      await setImmediate();
      equal(at(host, "nft", "list", "ruleset"), before);
    });

    for (const [what, linkOf] of [
      ["a bridge", () => ONE.bridge],
      ["the host's end of a container", (a: EndpointPlan) => a.hostInterface],
    ] as const)
      it(`${what} that someone renamed has its name again`, async () => {
        const warned = watching();
        inHost(() => driver.setup(ONE));
        const [a, b] = [join_(ONE, "a", 2), join_(ONE, "b", 3)];
        const before = linksOf(host);
        rename(linkOf(a), "strange");
        match(await warned, /someone renamed an interface/);
        await setImmediate();
        deepEqual(linksOf(host), before);
        ok(pings(a.sandboxPath, b.ipAddress));
        ok(pings(a.sandboxPath, ONE.gateway));
      });

    it("one that was renamed while there was no daemon has its name again with the next", () => {
      inHost(() => driver.setup(ONE));
      const a = join_(ONE, "a", 2);
      const before = linksOf(host);
      driver[Symbol.dispose]();
      rename(ONE.bridge, "strange");
      rename(a.hostInterface, "stranger");
      driver = newDriver();
      inHost(() => driver.setup(ONE));
      inHost(() => driver.sweep(new Set([ONE.bridge, a.hostInterface])));
      deepEqual(linksOf(host), before);
      ok(pings(a.sandboxPath, ONE.gateway));
    });

    it("a bridge that someone removed is there again, with its containers", async () => {
      const warned = watching();
      inHost(() => driver.setup(ONE));
      const [a, b] = [join_(ONE, "a", 2), join_(ONE, "b", 3)];
      at(host, "ip", "link", "delete", ONE.bridge);
      match(await warned, /someone removed the bridge/);
      await setImmediate();
      ok(pings(a.sandboxPath, b.ipAddress));
      ok(pings(a.sandboxPath, ONE.gateway));
      inHost(() => driver.teardown(ONE));
      await setImmediate();
      deepEqual(linksOf(host).includes(ONE.bridge), false);
    });
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

  describe("published ports", () => {
    const ANY = { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: 0, hostPortEnd: 0 } as const;
    const servers: Server[] = [];

    /** Port 80 of a sandbox answers with the address that it sees its client under. */
    function serve(path: string): void {
      const { fd } = inNetworkNamespace(path, () =>
        openPortSocket({ protocol: "tcp", address: new Uint8Array(16), port: 80, accepts: true, dual: true }),
      );
      const server = createServer((request, response) => {
        response.setHeader("connection", "close").end(request.socket.remoteAddress?.replace("::ffff:", ""));
      });
      servers.push(server.listen({ fd }));
    }
    afterEach(() => {
      for (const server of servers.splice(0)) server.close();
    });

    const targetOf = ({ hostInterface, ipAddress, ipv6 }: EndpointPlan): PortTarget => ({
      hostInterface,
      ipv4: ipAddress,
      ipv6: ipv6?.address,
    });

    /** Undefined when nothing answers. */
    const fetch = async (from: string, url: string): Promise<string | undefined> => {
      const args = [`--net=${from}`, "curl", "-gs", "-m", "2", url];
      return (await promisify(execFile)("nsenter", args).catch(() => undefined))?.stdout;
    };

    it("are reached from the host's loopback, its address, another machine, and other containers", async () => {
      inHost(() => driver.setup(ONE));
      inHost(() => driver.setup(TWO));
      const [a, b, c] = [join_(ONE, "a", 2), join_(ONE, "b", 3), join_(TWO, "c", 4)];
      serve(a.sandboxPath);
      const out = outside();
      const [port] = inHost(() => driver.publish("a", [ANY], targetOf(a)));
      const at_ = (host: string): string => `http://${host}:${port?.hostPort}/`;
      // Who asks from elsewhere is seen as who it is; who would get its answer by a shorter way is not.
      equal(await fetch(host, at_("127.0.0.1")), ONE.gateway);
      equal(await fetch(host, at_("198.51.100.1")), "198.51.100.1");
      equal(await fetch(out, at_("198.51.100.1")), "198.51.100.2");
      equal(await fetch(b.sandboxPath, at_(ONE.gateway)), ONE.gateway);
      equal(await fetch(a.sandboxPath, at_(ONE.gateway)), ONE.gateway);
      equal(await fetch(c.sandboxPath, at_(ONE.gateway)), c.ipAddress);
      inHost(() => driver.unpublish("a"));
      inHost(() => driver.unpublish("a"));
      equal(await fetch(out, at_("198.51.100.1")), undefined);
    });

    it("bound to the loopback are the host's alone", async () => {
      inHost(() => driver.setup(ONE));
      const a = join_(ONE, "a", 2);
      serve(a.sandboxPath);
      const out = outside();
      inHost(() => driver.publish("a", [{ ...ANY, hostIp: "127.0.0.1", hostPort: 18080 }], targetOf(a)));
      equal(await fetch(host, "http://127.0.0.1:18080/"), ONE.gateway);
      equal(await fetch(out, "http://198.51.100.1:18080/"), undefined);
      equal(await fetch(a.sandboxPath, `http://${ONE.gateway}:18080/`), undefined);
      // A neighbour that sends to the loopback by way of the host, as route_localnet alone would let it (moby#41872).
      at(a.sandboxPath, "ip", "route", "add", "local", "127.0.0.0/8", "dev", "lo", "table", "9");
      at(a.sandboxPath, "ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local");
      at(a.sandboxPath, "ip", "route", "del", "local", "127.0.0.1", "dev", "lo", "table", "local");
      at(a.sandboxPath, "ip", "route", "add", "127.0.0.0/8", "via", ONE.gateway, "src", a.ipAddress);
      at(a.sandboxPath, "sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1");
      equal(await fetch(a.sandboxPath, "http://127.0.0.1:18080/"), undefined);
    });

    it("a taken port is refused whole, whoever has it; a range takes the next", () => {
      inHost(() => driver.setup(ONE));
      const target = targetOf(join_(ONE, "a", 2));
      inHost(() => driver.publish("a", [{ ...ANY, hostPort: 18081 }], target));
      const taken = { kind: "Conflict", message: "Bind for 0.0.0.0:18081 failed: port is already allocated" };
      const before = at(host, "nft", "list", "ruleset");
      throws(() => inHost(() => driver.publish("b", [{ ...ANY, hostPort: 18090 }, { ...ANY, hostPort: 18081 }], target)), taken); // prettier-ignore
      equal(at(host, "nft", "list", "ruleset"), before);
      const ranged = { ...ANY, hostPort: 18081, hostPortEnd: 18083 };
      const hostPorts = ["c", "d"].map((owner) => inHost(() => driver.publish(owner, [ranged], target))[0]?.hostPort);
      deepEqual(hostPorts, [18082, 18083]);
      throws(() => inHost(() => driver.publish("e", [ranged], target)), { kind: "Conflict" });
      deepEqual(
        inHost(() => driver.publish("f", [{ ...ANY, hostPort: 18090 }], target)).map((each) => each.hostIp),
        ["0.0.0.0", "::"],
      );
      throws(() => inHost(() => driver.publish("g", [{ ...ANY, hostIp: "203.0.113.9" }], target)), {
        kind: "InvalidParameter",
      });
    });

    it("udp and IPv6 go by the kernel alone", () => {
      inHost(() => driver.setup(TWO));
      const a = join_(TWO, "a", 2);
      const requests = [
        { ...ANY, protocol: "udp", hostPort: 18082, containerPort: 53 } as const,
        { ...ANY, hostPort: 18083 },
      ];
      inHost(() => driver.publish("a", requests, targetOf(a)));
      const rules = at(host, "nft", "list", "ruleset");
      match(rules, /(?:udp|17) \. 18082 : 172\.18\.0\.2 \. 53/);
      match(rules, /(?:tcp|6) \. 18083 : fd18::2 \. 80/);
    });

    it("are back after a flush", async () => {
      inHost(() => driver.setup(ONE));
      const a = join_(ONE, "a", 2);
      inHost(() => driver.publish("a", [{ ...ANY, hostPort: 18084 }], targetOf(a)));
      at(host, "nft", "flush", "ruleset");
      inHost(() => driver.publish("b", [{ ...ANY, hostPort: 18085 }], targetOf(a)));
      match(at(host, "nft", "list", "ruleset"), /(?:tcp|6) \. 18084 : .*(?:tcp|6) \. 18085 :/s);
    });
  });

  it("interfaceCounters reads this process's, and none of one that is gone", () => {
    ok(Object.keys(interfaceCounters(process.pid)).every((name) => name !== "lo"));
    deepEqual(interfaceCounters(2 ** 22 + 1), {});
  });
});
