/** The engine's networks on a real kernel: containers are records with a sandbox, and no process. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { newId } from "../../daemon/base/ids.ts";
import { KeyedLock } from "../../daemon/base/keyed-lock.ts";
import { silent } from "../../daemon/base/logger.ts";
import { ContainerStore } from "../../daemon/engine/containers/container-store.ts";
import { ContainerPaths } from "../../daemon/engine/containers/paths.ts";
import { EventBus } from "../../daemon/engine/events.ts";
import type { Container, ContainerSpec, PortBinding } from "../../daemon/engine/model/container.ts";
import type { EmbeddedDns } from "../../daemon/network/dns/embedded-dns.ts";
import { ContainerNames } from "../../daemon/engine/networks/container-names.ts";
import { ContainerNetworking } from "../../daemon/engine/networks/container-networking.ts";
import { NetworkService } from "../../daemon/engine/networks/network-service.ts";
import { NetworkStore } from "../../daemon/engine/networks/networks.ts";
import type { NetworkWish } from "../../daemon/engine/services.ts";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { openMetadata } from "../../daemon/metadata/metadata.ts";
import { AddressRange } from "../../daemon/network/address-range.ts";
import { createBridgeDriver } from "../../daemon/network/bridge-driver.ts";
import { macFor } from "../../daemon/network/mac-address.ts";
import { createParentDriver } from "../../daemon/network/parent-driver.ts";
import { createSandboxes } from "../../daemon/network/sandboxes.ts";
import { chooseIpv6Subnet, chooseSubnet, DEFAULT_POOLS, hostSubnets } from "../../daemon/network/subnet-choice.ts";
import { enterOwnNetns } from "../support/own-netns.ts";

const wish = (name: string, more: Partial<NetworkWish> & { readonly subnet?: string } = {}): NetworkWish => {
  const { subnet, ...rest } = more;
  return {
    name,
    driver: "bridge",
    internal: false,
    attachable: false,
    enableIpv6: false,
    ipam: { driver: "default", options: {}, configs: subnet === undefined ? [] : [{ subnet }] },
    options: {},
    labels: {},
    ...rest,
  };
};
const pools = (...configs: NetworkWish["ipam"]["configs"]): Pick<NetworkWish, "ipam"> => ({
  ipam: { driver: "", options: {}, configs },
});
const binding = (hostPort: number, more: Partial<PortBinding> = {}): PortBinding => ({
  containerPort: 80,
  protocol: "tcp",
  hostIp: "",
  hostPort,
  hostPortEnd: 0,
  ...more,
});

/** What a daemon has of networks; a second one on the same root is that daemon started again. */
function engineOn(root: string, dns?: EmbeddedDns) {
  const metadata = openMetadata(join(root, "metadata.db"));
  const store = new ContainerStore(metadata);
  const bridge = createBridgeDriver({ daemonId: root, log: silent });
  const parents = createParentDriver({ daemonId: root, log: silent });
  const networks = new NetworkStore({
    metadata,
    chooseSubnet: (used) => chooseSubnet(DEFAULT_POOLS, [...hostSubnets(), ...used]),
    chooseIpv6Subnet: (used) => chooseIpv6Subnet(DEFAULT_POOLS, [...hostSubnets(), ...used]),
    bridgeName: "slipway0",
    containers: () => store.all(),
  });
  const paths = new ContainerPaths(root, root);
  const networking = new ContainerNetworking({
    networks,
    bridge,
    parents,
    macFor,
    sandboxes: createSandboxes({ userNamespace: false }),
    poolFor: (subnet, gateway, { range, reserved = [] } = {}) =>
      new AddressRange({ subnet, range, reserved: [gateway, ...reserved] }),
    log: silent,
    ...(dns && { names: new ContainerNames({ dns, sandboxPath: (id) => paths.sandbox(id), dnsOptions: [] }) }),
  });
  const events = new EventBus();
  const service = new NetworkService({ networks, networking, store, paths, events, locks: new KeyedLock() });
  return {
    service,
    networking,
    store,
    paths,
    bridge,
    /** The process ends: sockets close, kernel state stays. */
    die(): void {
      bridge[Symbol.dispose]();
      parents[Symbol.dispose]();
      metadata[Symbol.dispose]();
    },
  };
}

describe("NetworkService", () => {
  let root: string;
  let netns: Disposable;
  let engine: ReturnType<typeof engineOn>;
  const servers: Server[] = [];

  beforeEach(() => {
    netns = enterOwnNetns();
    root = mkdtempSync(join(tmpdir(), "slipway-networks-"));
    engine = engineOn(root);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    for (const { id, endpoints } of engine.store.all()) engine.networking.leave(endpoints, engine.paths.sandbox(id));
    await engine.networking.close([]);
    deepEqual([links(), sh("nft", "list", "tables")], [["lo"], ""], "left behind");
    engine.die();
    netns[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  const sh = (...command: readonly string[]): string =>
    execFileSync(command[0] ?? "", command.slice(1), { encoding: "utf8" }).trim();
  const links = (): readonly string[] =>
    (JSON.parse(sh("ip", "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname).sort();
  const inside = (container: Container, ...command: readonly string[]): string =>
    sh("nsenter", `--net=${engine.paths.sandbox(container.id)}`, ...command);
  const pings = (container: Container, address: string): boolean => {
    const sandbox = `--net=${engine.paths.sandbox(container.id)}`;
    return spawnSync("nsenter", [sandbox, "busybox", "ping", "-c1", "-W1", address]).status === 0;
  };
  const now = ({ id }: Container): Container => engine.store.get(id);
  const ip = (container: Container, network: string): string => now(container).endpoints[network]?.ipAddress ?? "";

  function create(
    name: string,
    network: string,
    networks: ContainerSpec["networks"] = undefined,
    portBindings: readonly PortBinding[] = [],
  ): Container {
    const id = newId();
    const host = { network, portBindings, publishAllPorts: false, dns: [], dnsOptions: [] };
    const container = {
      id,
      name,
      spec: { hostname: name, networks, exposedPorts: [], host },
      state: { status: "created" },
      endpoints: {},
    };
    engine.store.put(container as unknown as Container);
    return now(container as unknown as Container);
  }
  function start(container: Container): Container {
    const { endpoints } = engine.networking.join(now(container), engine.paths.sandbox(container.id));
    const state = { status: "running", pid: 1, startedAt: "" } as const;
    return engine.store.update(container.id, { state, endpoints });
  }
  const run = (...args: Parameters<typeof create>): Container => start(create(...args));
  function stop(container: Container): void {
    engine.networking.leave(now(container).endpoints, engine.paths.sandbox(container.id));
    engine.store.update(container.id, { state: { status: "created" }, endpoints: {} });
  }
  function serve(container: Container): void {
    const { fd } = inNetworkNamespace(engine.paths.sandbox(container.id), () =>
      openPortSocket({ protocol: "tcp", address: new Uint8Array(16), port: 80, accepts: true, dual: true }),
    );
    const server = createServer((_, response) => void response.setHeader("connection", "close").end(container.name));
    servers.push(server.listen({ fd }));
  }
  const fetch = async (url: string): Promise<string | undefined> =>
    (await promisify(execFile)("curl", ["-gs", "-m", "2", url]).catch(() => undefined))?.stdout;

  it("create chooses a subnet that nothing uses, makes the bridge, and remove takes it away", async () => {
    const { id } = await engine.service.create(wish("one"));
    const { id: second } = await engine.service.create(wish("two", { labels: { a: "b" } }));
    const { subnet, gateway, labels } = engine.service.get("two");
    deepEqual({ subnet, gateway, labels }, { subnet: "172.19.0.0/16", gateway: "172.19.0.1", labels: { a: "b" } });
    deepEqual(links(), [`br-${id.slice(0, 12)}`, `br-${second.slice(0, 12)}`, "lo"].sort());
    await engine.service.remove("one");
    await engine.service.remove(second.slice(0, 8));
    deepEqual(links(), ["lo"]);
    throws(() => engine.service.get("one"), { kind: "NotFound", message: "network one not found" });
  });

  it("create honours subnet, range, gateway, auxiliary addresses and options", async () => {
    const config = { subnet: "10.91.0.0/16", gateway: "10.91.0.254", ipRange: "10.91.5.0/24" };
    const auxiliaryAddresses = { router: "10.91.5.0" };
    const options = { "com.docker.network.bridge.name": "br-mine", "com.docker.network.driver.mtu": "1400" };
    await engine.service.create(wish("net1", { ...pools({ ...config, auxiliaryAddresses }), options }));
    const a = run("a", "net1");
    equal(ip(a, "net1"), "10.91.5.1");
    match(inside(a, "ip", "route"), /^default via 10\.91\.0\.254/);
    match(inside(a, "ip", "link", "show", "eth0"), /mtu 1400/);
    ok(links().includes("br-mine"));
  });

  it("create refuses, with nothing made", async () => {
    await engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    const before = links();
    const ipam = (config: NetworkWish["ipam"]["configs"][number], more: Partial<NetworkWish> = {}): NetworkWish =>
      wish("bad", { ...pools(config), ...more });
    const REFUSED: readonly (readonly [wish: NetworkWish, kind: string, message: RegExp])[] = [
      [wish("net1"), "Conflict", /^network with name net1 already exists$/],
      [wish("host"), "Forbidden", /predefined host network/],
      [wish("a b"), "InvalidParameter", /invalid network name/],
      [wish(" "), "InvalidParameter", /cannot be blank/],
      [wish("x", { driver: "weave" }), "NotFound", /^plugin "weave" not found$/],
      [wish("x", { driver: "host" }), "Forbidden", /only one instance of "host" network is allowed/],
      [ipam({ subnet: "10.91.7.0/24" }), "Forbidden", /Pool overlaps with other one on this address space/],
      [
        ipam({ subnet: "10.92.0.0/99" }),
        "InvalidParameter",
        /invalid subnet 10\.92\.0\.0\/99: invalid CIDR block notation/,
      ],
      [ipam({ subnet: "10.92.0.1/16" }), "InvalidParameter", /it should be 10\.92\.0\.0\/16/],
      [ipam({ subnet: "10.92.0.0/16", gateway: "10.93.0.1" }), "InvalidParameter", /invalid gateway 10\.93\.0\.1/],
      [ipam({ subnet: "10.92.0.0/16", ipRange: "10.93.0.0/24" }), "InvalidParameter", /invalid ip-range/],
      [ipam({ gateway: "10.92.0.1" }), "InvalidParameter", /no matching subnet/],
      [ipam({ subnet: "fd91::/64" }), "InvalidParameter", /IPv6 has not been enabled/],
      [wish("x", { options: { "com.docker.network.bridge.inhibit_ipv4": "true" } }), "NotImplemented", /inhibit_ipv4/],
      [wish("x", { options: { "com.docker.network.driver.mtu": "big" } }), "InvalidParameter", /invalid value/],
      [wish("x", { options: { "com.docker.network.bridge.name": "a/b" } }), "InvalidParameter", /invalid value/],
      // Someone else's interface.
      [wish("x", { options: { "com.docker.network.bridge.name": "lo" } }), "Conflict", /no bridge/],
    ];
    for (const [each, kind, message] of REFUSED) await rejects(engine.service.create(each), { kind, message });
    deepEqual(links(), before);
  });

  it("remove refuses the predefined and those in use; prune takes the others", async () => {
    await rejects(engine.service.remove("bridge"), { kind: "Forbidden", message: /pre-defined/ });
    await rejects(engine.service.remove("nothing"), { kind: "NotFound" });
    for (const name of ["one", "two", "kept"]) await engine.service.create(wish(name, { labels: { [name]: "" } }));
    const a = run("a", "one");
    await rejects(engine.service.remove("one"), { kind: "Forbidden", message: /has active endpoints \(name:"a"/ });
    deepEqual(await engine.service.prune(new Map([["label!", ["kept"]]])), ["two"]);
    stop(a);
    deepEqual((await engine.service.prune(new Map())).toSorted(), ["kept", "one"]);
    deepEqual(engine.service.list(new Map([["type", ["custom"]]])), []);
    equal(engine.service.list(new Map()).length, 3);
  });

  it("static addresses, MAC and aliases; a taken address leaves nothing", async () => {
    await engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    const settings = { ipv4Address: "10.91.9.9", macAddress: "02:42:ac:11:00:aa", aliases: ["web", "web", "www"] };
    const a = run("a", "net1", { net1: settings });
    match(inside(a, "ip", "address", "show", "eth0"), /02:42:ac:11:00:aa.*inet 10\.91\.9\.9\/16/s);
    deepEqual(a.endpoints["net1"]?.aliases, ["web", "www"]);
    const before = links();
    throws(() => run("b", "net1", { net1: { ipv4Address: "10.91.9.9" } }), {
      kind: "Forbidden",
      message: "Address already in use",
    });
    throws(() => run("c", "net1", { net1: { ipv4Address: "10.92.0.1" } }), { kind: "InvalidParameter" });
    throws(() => run("d", "bridge", { bridge: { aliases: ["x"] } }), {
      message: /network-scoped alias is supported only/,
    });
    throws(() => run("e", "bridge", { bridge: { ipv4Address: "172.17.0.9" } }), {
      message: /user defined networks only/,
    });
    await engine.service.create(wish("net2"));
    throws(() => run("f", "net2", { net2: { ipv4Address: "172.18.0.9" } }), { message: /user configured subnets/ });
    deepEqual(links().filter((name) => name.startsWith("sl") && name !== "slipway0").length, 1);
    equal(before.filter((name) => name.startsWith("sl")).length, 1);
    stop(a);
    equal(ip(run("g", "net1", { net1: { ipv4Address: "10.91.9.9" } }), "net1"), "10.91.9.9");
  });

  it("connect and disconnect while it runs: interfaces, the way out, and what is remembered", async () => {
    await engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    await engine.service.create(wish("net2", { subnet: "10.92.0.0/16" }));
    const [a, b] = [run("a", "net1"), run("b", "net2")];
    equal(pings(b, ip(a, "net1")), false);
    await engine.service.connect("net1", "b", { aliases: ["late"], ipv4Address: "10.91.0.77" });
    deepEqual(now(b).endpoints["net1"]?.aliases, ["late"]);
    ok(pings(b, ip(a, "net1")));
    ok(pings(a, "10.91.0.77"));
    match(inside(b, "ip", "route"), /^default via 10\.91\.0\.1 dev eth1/, "by name, net1 comes first");
    await rejects(engine.service.connect("net1", "b", {}), {
      kind: "Forbidden",
      message: /already exists in network net1/,
    });
    deepEqual(Object.keys(engine.service.members("net1")).length, 2);
    await engine.service.disconnect("net1", "b", false);
    match(inside(b, "ip", "route"), /^default via 10\.92\.0\.1 dev eth0/);
    deepEqual(inside(b, "ls", "/sys/class/net").includes("eth1") && pings(b, ip(a, "net1")), false);
    await rejects(engine.service.disconnect("net1", "b", false), {
      kind: "NotFound",
      message: /is not connected to network/,
    });
    await engine.service.disconnect("net1", "nobody", true);
    // Its own network too; and a restart keeps to it.
    await engine.service.disconnect("net2", "b", false);
    stop(b);
    deepEqual(Object.keys(start(b).endpoints), []);
    await engine.service.connect("net2", "b", {});
    stop(b);
    deepEqual(Object.keys(start(b).endpoints), ["net2"]);
  });

  it("a connect whose name server cannot be opened leaves nothing: no interface, no address, no name", async () => {
    const members = new Set<string>();
    engine.die();
    engine = engineOn(root, {
      putMember: (_, endpoint) => void members.add(endpoint),
      removeMember: (_, endpoint) => void members.delete(endpoint),
      serve: () => {
        throw new Error("bind: EADDRINUSE");
      },
      isServed: () => false,
      stop: () => undefined,
    });
    await engine.service.create(wish("net1"));
    const a = run("a", "bridge");
    await rejects(engine.service.connect("net1", "a", {}), /EADDRINUSE/);
    deepEqual([...members, ...Object.keys(engine.service.members("net1"))], []);
    equal(inside(a, "ls", "/sys/class/net").includes("eth1"), false);
  });

  it("several networks at create, in order, with a priority for the way out; a stopped container remembers", async () => {
    for (const n of [1, 2, 3]) await engine.service.create(wish(`net${n}`, { subnet: `10.9${n}.0.0/16` }));
    const a = create("a", "net2", { net2: {}, net1: { gatewayPriority: -1 } });
    await engine.service.connect("net3", "a", { gatewayPriority: 5 });
    start(a);
    deepEqual(
      Object.entries(now(a).endpoints).map(([name, each]) => [name, each.containerInterface]),
      [["net2", "eth0"], ["net1", "eth1"], ["net3", "eth2"]], // prettier-ignore
    );
    match(inside(a, "ip", "route"), /^default via 10\.93\.0\.1 dev eth2/);
    stop(a);
    await engine.service.disconnect("net3", "a", false);
    start(a);
    match(inside(a, "ip", "route"), /^default via 10\.92\.0\.1 dev eth0/);
  });

  it("host, none and container: have their one network for life", async () => {
    await engine.service.create(wish("net1"));
    run("h", "host");
    run("n", "none");
    run("c", "container:h");
    for (const name of ["h", "n", "c"]) await rejects(engine.service.connect("net1", name, {}), { kind: "Forbidden" });
    await rejects(engine.service.disconnect("host", "h", false), { kind: "Forbidden" });
  });

  it("IPv6: a subnet of its own kind, chosen or given, dual stack", async () => {
    await engine.service.create(wish("net6", { enableIpv6: true, ...pools({ subnet: "fd91::/64" }) }));
    await engine.service.create(wish("any6", { enableIpv6: true }));
    match(engine.service.get("any6").ipv6?.subnet ?? "", /^fd[0-9a-f:]+::\/64$/);
    const a = run("a", "net6");
    const b = run("b", "net6", { net6: { ipv6Address: "fd91::99" } });
    deepEqual(
      [a, b].map((each) => each.endpoints["net6"]?.globalIpv6Address),
      ["fd91::2", "fd91::99"],
    );
    ok(pings(a, "fd91::99"));
    ok(pings(b, "fd91::1"));
  });

  it("an internal network has no way out and publishes nothing", async () => {
    await engine.service.create(wish("in", { internal: true }));
    const a = run("a", "in", undefined, [binding(18080)]);
    equal(inside(a, "ip", "route").includes("default"), false);
    deepEqual(a.endpoints["in"]?.ports ?? [], []);
    await engine.service.connect("bridge", "a", {});
    match(inside(a, "ip", "route"), /^default via 172\.17\.0\.1/);
    equal(now(a).endpoints["bridge"]?.ports?.[0]?.hostPort, 18080);
  });

  it("published ports answer on both loopbacks, move with the way out, and are free after the end", async () => {
    await engine.service.create(wish("net1"));
    const a = run("a", "bridge", { bridge: {}, net1: {} }, [binding(18080), binding(18081, { hostIp: "127.0.0.1" })]);
    serve(a);
    equal(await fetch("http://127.0.0.1:18080/"), "a");
    equal(await fetch("http://127.0.0.1:18081/"), "a");
    equal(await fetch("http://[::1]:18080/"), "a");
    throws(() => run("b", "bridge", undefined, [binding(18080)]), {
      kind: "Conflict",
      message:
        /^driver failed programming external connectivity on endpoint b \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:18080 failed: port is already allocated$/,
    });
    await engine.service.disconnect("bridge", "a", false);
    equal(await fetch("http://127.0.0.1:18080/"), "a");
    stop(a);
    equal(await fetch("http://127.0.0.1:18080/"), undefined);
    run("c", "bridge", undefined, [binding(18080)]);
  });

  it("a UDP flow that was under way before follows the port to its container, and to the next", async () => {
    const receive = (socket: Socket): Promise<string> =>
      new Promise((resolve) => socket.once("message", (message) => resolve(message.toString())));
    const listen = async (container: Container): Promise<Socket> => {
      const { fd } = inNetworkNamespace(engine.paths.sandbox(container.id), () =>
        openPortSocket({ protocol: "udp", address: new Uint8Array(4), port: 53, accepts: false }),
      );
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => void socket.bind({ fd }, resolve));
      return socket;
    };
    const udp = binding(18053, { protocol: "udp", containerPort: 53 });
    const first = run("warm-up", "bridge");
    const client = createSocket("udp4");
    const send = (text: string): Promise<unknown> =>
      new Promise((resolve) => client.send(text, 18053, "172.17.0.1", resolve));
    await send("nobody");
    stop(first);
    for (const name of ["a", "b"]) {
      run(`before-${name}`, "bridge"); // so that each has an address of its own
      const container = run(name, "bridge", undefined, [udp]);
      const server = await listen(container);
      const received = receive(server);
      await send(name);
      equal(await received, name);
      stop(container);
      server.close();
    }
    client.close();
  });

  it("a daemon that was killed finds everything again, and what nobody needs is swept", async () => {
    await engine.service.create(wish("net1"));
    const a = run("a", "bridge", { bridge: {}, net1: {} }, [binding(18080)]);
    serve(a);
    // A half made start: its record says "created", its link is there.
    engine.networking.join(create("b", "net1"), engine.paths.sandbox("half"));
    // And a half made network.
    const [slipway0] = JSON.parse(sh("ip", "-j", "link", "show", "slipway0")) as [{ ifalias: string }];
    sh("ip", "link", "add", "br-orphan", "type", "bridge");
    sh("ip", "link", "set", "br-orphan", "alias", slipway0.ifalias);
    engine.die();
    equal(await fetch("http://127.0.0.1:18080/"), "a", "the kernel goes on alone");
    sh("nft", "flush", "ruleset");
    engine = engineOn(root);
    engine.networking.restore([now(a)]);
    await engine.bridge.settled();
    equal(await fetch("http://127.0.0.1:18080/"), "a");
    throws(() => run("c", "bridge", undefined, [binding(18080)]), { kind: "Conflict" });
    equal(links().includes("br-orphan"), false);
    equal(links().filter((name) => /^sl....-/.test(name)).length, 2);
    equal(ip(run("d", "net1"), "net1"), "172.18.0.3");
    engine.networking.leave({}, engine.paths.sandbox("half"));
  });
});
