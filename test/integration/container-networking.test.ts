/** Containers on networks, on a real kernel: over connect, disconnect, restarts and the death of the daemon. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import type { Container } from "../../daemon/engine/model/container.ts";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { binding, engineOn, NetworksHost, pools, wish } from "../support/networks-host.ts";

describe("containers on networks", () => {
  let net: NetworksHost;
  beforeEach(() => {
    net = new NetworksHost();
  });
  afterEach(() => net[Symbol.asyncDispose]());

  it("connect and disconnect while it runs: interfaces, the way out, and what is remembered", async () => {
    await net.engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    await net.engine.service.create(wish("net2", { subnet: "10.92.0.0/16" }));
    const [a, b] = [net.run("a", "net1"), net.run("b", "net2")];
    equal(net.pings(b, net.ip(a, "net1")), false);
    await net.engine.service.connect("net1", "b", { aliases: ["late"], ipv4Address: "10.91.0.77" });
    deepEqual(net.now(b).endpoints["net1"]?.aliases, ["late"]);
    ok(net.pings(b, net.ip(a, "net1")));
    ok(net.pings(a, "10.91.0.77"));
    match(net.inside(b, "ip", "route"), /^default via 10\.91\.0\.1 dev eth1 mtu 1500/, "by name, net1 comes first");
    await rejects(net.engine.service.connect("net1", "b", {}), {
      kind: "Forbidden",
      message: /already exists in network net1/,
    });
    deepEqual(Object.keys(net.engine.service.members("net1")).length, 2);
    await net.engine.service.disconnect("net1", "b", false);
    match(net.inside(b, "ip", "route"), /^default via 10\.92\.0\.1 dev eth0 mtu 1500/);
    deepEqual(net.inside(b, "ls", "/sys/class/net").includes("eth1") && net.pings(b, net.ip(a, "net1")), false);
    await rejects(net.engine.service.disconnect("net1", "b", false), {
      kind: "NotFound",
      message: /is not connected to network/,
    });
    await net.engine.service.disconnect("net1", "nobody", true);
    // Its own network too; and a restart keeps to it.
    await net.engine.service.disconnect("net2", "b", false);
    net.stop(b);
    deepEqual(Object.keys(net.start(b).endpoints), []);
    await net.engine.service.connect("net2", "b", {});
    net.stop(b);
    deepEqual(Object.keys(net.start(b).endpoints), ["net2"]);
  });

  it("a connect whose name server cannot be opened leaves nothing: no interface, no address, no name", async () => {
    const members = new Set<string>();
    net.engine.die();
    net.engine = engineOn(net.root, {
      putMember: (_, endpoint) => void members.add(endpoint),
      removeMember: (_, endpoint) => void members.delete(endpoint),
      serve: () => {
        throw new Error("bind: EADDRINUSE");
      },
      isServed: () => false,
      stop: () => undefined,
    });
    await net.engine.service.create(wish("net1"));
    const a = net.run("a", "bridge");
    await rejects(net.engine.service.connect("net1", "a", {}), /EADDRINUSE/);
    deepEqual([...members, ...Object.keys(net.engine.service.members("net1"))], []);
    equal(net.inside(a, "ls", "/sys/class/net").includes("eth1"), false);
  });

  it("several networks at create, in order, with a priority for the way out; a stopped container remembers", async () => {
    for (const n of [1, 2, 3]) await net.engine.service.create(wish(`net${n}`, { subnet: `10.9${n}.0.0/16` }));
    const a = net.create("a", "net2", { net2: {}, net1: { gatewayPriority: -1 } });
    await net.engine.service.connect("net3", "a", { gatewayPriority: 5 });
    net.start(a);
    deepEqual(
      Object.entries(net.now(a).endpoints).map(([name, each]) => [name, each.containerInterface]),
      [["net2", "eth0"], ["net1", "eth1"], ["net3", "eth2"]], // prettier-ignore
    );
    match(net.inside(a, "ip", "route"), /^default via 10\.93\.0\.1 dev eth2/);
    net.stop(a);
    await net.engine.service.disconnect("net3", "a", false);
    net.start(a);
    match(net.inside(a, "ip", "route"), /^default via 10\.92\.0\.1 dev eth0/);
  });

  it("IPv6: a subnet of its own kind, chosen or given, dual stack", async () => {
    await net.engine.service.create(wish("net6", { enableIpv6: true, ...pools({ subnet: "fd91::/64" }) }));
    await net.engine.service.create(wish("any6", { enableIpv6: true }));
    match(net.engine.service.get("any6").ipv6?.subnet ?? "", /^fd[0-9a-f:]+::\/64$/);
    const a = net.run("a", "net6");
    const b = net.run("b", "net6", { net6: { ipv6Address: "fd91::99" } });
    deepEqual(
      [a, b].map((each) => each.endpoints["net6"]?.globalIpv6Address),
      ["fd91::2", "fd91::99"],
    );
    ok(net.pings(a, "fd91::99"));
    ok(net.pings(b, "fd91::1"));
  });

  it("an internal network has no way out and publishes nothing", async () => {
    await net.engine.service.create(wish("in", { internal: true }));
    const a = net.run("a", "in", undefined, [binding(18080)]);
    equal(net.inside(a, "ip", "route").includes("default"), false);
    deepEqual(a.endpoints["in"]?.ports ?? [], []);
    await net.engine.service.connect("bridge", "a", {});
    match(net.inside(a, "ip", "route"), /^default via 172\.17\.0\.1/);
    equal(net.now(a).endpoints["bridge"]?.ports?.[0]?.hostPort, 18080);
  });

  it("published ports answer on both loopbacks, move with the way out, and are free after the end", async () => {
    await net.engine.service.create(wish("net1"));
    const a = net.run("a", "bridge", { bridge: {}, net1: {} }, [
      binding(18080),
      binding(18081, { hostIp: "127.0.0.1" }),
    ]);
    net.serve(a);
    equal(await net.fetch("http://127.0.0.1:18080/"), "a");
    equal(await net.fetch("http://127.0.0.1:18081/"), "a");
    equal(await net.fetch("http://[::1]:18080/"), "a");
    throws(() => net.run("b", "bridge", undefined, [binding(18080)]), {
      kind: "Conflict",
      message:
        /^driver failed programming external connectivity on endpoint b \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:18080 failed: port is already allocated$/,
    });
    await net.engine.service.disconnect("bridge", "a", false);
    equal(await net.fetch("http://127.0.0.1:18080/"), "a");
    net.stop(a);
    equal(await net.fetch("http://127.0.0.1:18080/"), undefined);
    net.run("c", "bridge", undefined, [binding(18080)]);
  });

  it("a UDP flow that was under way before follows the port to its container, and to the next", async () => {
    const receive = (socket: Socket): Promise<string> =>
      new Promise((resolve) => socket.once("message", (message) => resolve(message.toString())));
    const listen = async (container: Container): Promise<Socket> => {
      const { fd } = inNetworkNamespace(net.engine.paths.sandbox(container.id), () =>
        openPortSocket({ protocol: "udp", address: new Uint8Array(4), port: 53, accepts: false }),
      );
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => void socket.bind({ fd }, resolve));
      return socket;
    };
    const udp = binding(18053, { protocol: "udp", containerPort: 53 });
    const first = net.run("warm-up", "bridge");
    const client = createSocket("udp4");
    const send = (text: string): Promise<unknown> =>
      new Promise((resolve) => client.send(text, 18053, "172.17.0.1", resolve));
    await send("nobody");
    net.stop(first);
    for (const name of ["a", "b"]) {
      net.run(`before-${name}`, "bridge"); // so that each has an address of its own
      const container = net.run(name, "bridge", undefined, [udp]);
      const server = await listen(container);
      const received = receive(server);
      await send(name);
      equal(await received, name);
      net.stop(container);
      server.close();
    }
    client.close();
  });

  it("a daemon that was killed finds everything again, and what nobody needs is swept", async () => {
    await net.engine.service.create(wish("net1"));
    const a = net.run("a", "bridge", { bridge: {}, net1: {} }, [binding(18080)]);
    net.serve(a);
    // A half made start: its record says "created", its link is there.
    net.engine.networking.join(net.create("b", "net1"), net.engine.paths.sandbox("half"));
    // And a half made network.
    const [slipway0] = JSON.parse(net.sh("ip", "-j", "link", "show", "slipway0")) as [{ ifalias: string }];
    net.sh("ip", "link", "add", "br-orphan", "type", "bridge");
    net.sh("ip", "link", "set", "br-orphan", "alias", slipway0.ifalias);
    net.engine.die();
    equal(await net.fetch("http://127.0.0.1:18080/"), "a", "the kernel goes on alone");
    net.sh("nft", "flush", "ruleset");
    net.engine = engineOn(net.root);
    net.engine.networking.restore([net.now(a)]);
    await net.engine.bridge.settled();
    equal(await net.fetch("http://127.0.0.1:18080/"), "a");
    throws(() => net.run("c", "bridge", undefined, [binding(18080)]), { kind: "Conflict" });
    equal(net.links().includes("br-orphan"), false);
    equal(net.links().filter((name) => /^sl....-/.test(name)).length, 2);
    equal(net.ip(net.run("d", "net1"), "net1"), "172.18.0.3");
    net.engine.networking.leave({}, net.engine.paths.sandbox("half"));
  });
});
