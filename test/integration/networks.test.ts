/** Networks of the user on a real kernel: made, refused, removed, and what a container asks of them. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import type { NetworkWish } from "../../daemon/engine/services.ts";
import { NetworksHost, pools, wish } from "../support/networks-host.ts";

describe("networks", () => {
  let net: NetworksHost;
  beforeEach(() => {
    net = new NetworksHost();
  });
  afterEach(() => net[Symbol.asyncDispose]());

  it("create chooses a subnet that nothing uses, makes the bridge, and remove takes it away", async () => {
    const { id } = await net.engine.service.create(wish("one"));
    const { id: second } = await net.engine.service.create(wish("two", { labels: { a: "b" } }));
    const { subnet, gateway, labels } = net.engine.service.get("two");
    deepEqual({ subnet, gateway, labels }, { subnet: "172.19.0.0/16", gateway: "172.19.0.1", labels: { a: "b" } });
    deepEqual(net.links(), [`br-${id.slice(0, 12)}`, `br-${second.slice(0, 12)}`, "lo"].sort());
    await net.engine.service.remove("one");
    await net.engine.service.remove(second.slice(0, 8));
    deepEqual(net.links(), ["lo"]);
    throws(() => net.engine.service.get("one"), { kind: "NotFound", message: "network one not found" });
  });

  it("create honours subnet, range, gateway, auxiliary addresses and options", async () => {
    const config = { subnet: "10.91.0.0/16", gateway: "10.91.0.254", ipRange: "10.91.5.0/24" };
    const auxiliaryAddresses = { router: "10.91.5.0" };
    const options = { "com.docker.network.bridge.name": "br-mine", "com.docker.network.driver.mtu": "1400" };
    await net.engine.service.create(wish("net1", { ...pools({ ...config, auxiliaryAddresses }), options }));
    const a = net.run("a", "net1");
    equal(net.ip(a, "net1"), "10.91.5.1");
    match(net.inside(a, "ip", "route"), /^default via 10\.91\.0\.254/);
    match(net.inside(a, "ip", "link", "show", "eth0"), /mtu 1400/);
    ok(net.links().includes("br-mine"));
  });

  it("create refuses, with nothing made", async () => {
    await net.engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    const before = net.links();
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
    for (const [each, kind, message] of REFUSED) await rejects(net.engine.service.create(each), { kind, message });
    deepEqual(net.links(), before);
  });

  it("remove refuses the predefined and those in use; prune takes the others", async () => {
    await rejects(net.engine.service.remove("bridge"), { kind: "Forbidden", message: /pre-defined/ });
    await rejects(net.engine.service.remove("nothing"), { kind: "NotFound" });
    for (const name of ["one", "two", "kept"]) await net.engine.service.create(wish(name, { labels: { [name]: "" } }));
    const a = net.run("a", "one");
    await rejects(net.engine.service.remove("one"), { kind: "Forbidden", message: /has active endpoints \(name:"a"/ });
    deepEqual(await net.engine.service.prune(new Map([["label!", ["kept"]]])), ["two"]);
    net.stop(a);
    deepEqual((await net.engine.service.prune(new Map())).toSorted(), ["kept", "one"]);
    deepEqual(net.engine.service.list(new Map([["type", ["custom"]]])), []);
    equal(net.engine.service.list(new Map()).length, 3);
  });

  it("static addresses, MAC and aliases; a taken address leaves nothing", async () => {
    await net.engine.service.create(wish("net1", { subnet: "10.91.0.0/16" }));
    const settings = { ipv4Address: "10.91.9.9", macAddress: "02:42:ac:11:00:aa", aliases: ["web", "web", "www"] };
    const a = net.run("a", "net1", { net1: settings });
    match(net.inside(a, "ip", "address", "show", "eth0"), /02:42:ac:11:00:aa.*inet 10\.91\.9\.9\/16/s);
    deepEqual(a.endpoints["net1"]?.aliases, ["web", "www"]);
    const before = net.links();
    throws(() => net.run("b", "net1", { net1: { ipv4Address: "10.91.9.9" } }), {
      kind: "Forbidden",
      message: "Address already in use",
    });
    throws(() => net.run("c", "net1", { net1: { ipv4Address: "10.92.0.1" } }), { kind: "InvalidParameter" });
    throws(() => net.run("d", "bridge", { bridge: { aliases: ["x"] } }), {
      message: /network-scoped alias is supported only/,
    });
    throws(() => net.run("e", "bridge", { bridge: { ipv4Address: "172.17.0.9" } }), {
      message: /user defined networks only/,
    });
    await net.engine.service.create(wish("net2"));
    throws(() => net.run("f", "net2", { net2: { ipv4Address: "172.18.0.9" } }), { message: /user configured subnets/ });
    deepEqual(net.links().filter((name) => name.startsWith("sl") && name !== "slipway0").length, 1);
    equal(before.filter((name) => name.startsWith("sl")).length, 1);
    net.stop(a);
    equal(net.ip(net.run("g", "net1", { net1: { ipv4Address: "10.91.9.9" } }), "net1"), "10.91.9.9");
  });

  it("host, none and container: have their one network for life", async () => {
    await net.engine.service.create(wish("net1"));
    net.run("h", "host");
    net.run("n", "none");
    net.run("c", "container:h");
    for (const name of ["h", "n", "c"])
      await rejects(net.engine.service.connect("net1", name, {}), { kind: "Forbidden" });
    await rejects(net.engine.service.disconnect("host", "h", false), { kind: "Forbidden" });
  });
});
