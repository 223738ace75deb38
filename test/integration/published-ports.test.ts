/** Published ports on a real kernel, asked from the host, another machine and other containers. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { promisify } from "node:util";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import type { EndpointPlan, PortTarget } from "../../daemon/network/network-driver.ts";
import { at, DriverHost, ONE, TWO } from "../support/driver-host.ts";

describe("published ports of the bridge driver", () => {
  const ANY = { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: 0, hostPortEnd: 0 } as const;
  const servers: Server[] = [];
  let net: DriverHost;
  beforeEach(() => {
    net = new DriverHost();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await net[Symbol.asyncDispose]();
  });

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
    net.setup(ONE);
    net.setup(TWO);
    const [a, b, c] = [net.join(ONE, "a", 2), net.join(ONE, "b", 3), net.join(TWO, "c", 4)];
    serve(a.sandboxPath);
    const out = net.outside();
    const [port] = net.inside(() => net.driver.publish("a", [ANY], targetOf(a)));
    const urlAt = (host: string): string => `http://${host}:${port?.hostPort}/`;
    // Who asks from elsewhere is seen as who it is; who would get its answer by a shorter way is not.
    equal(await fetch(net.host, urlAt("127.0.0.1")), ONE.gateway);
    equal(await fetch(net.host, urlAt("198.51.100.1")), "198.51.100.1");
    equal(await fetch(out, urlAt("198.51.100.1")), "198.51.100.2");
    equal(await fetch(b.sandboxPath, urlAt(ONE.gateway)), ONE.gateway);
    equal(await fetch(a.sandboxPath, urlAt(ONE.gateway)), ONE.gateway);
    equal(await fetch(c.sandboxPath, urlAt(ONE.gateway)), c.ipAddress);
    net.inside(() => net.driver.unpublish("a"));
    net.inside(() => net.driver.unpublish("a"));
    equal(await fetch(out, urlAt("198.51.100.1")), undefined);
  });

  it("bound to the loopback are the host's alone", async () => {
    net.setup(ONE);
    const a = net.join(ONE, "a", 2);
    serve(a.sandboxPath);
    const out = net.outside();
    net.inside(() => net.driver.publish("a", [{ ...ANY, hostIp: "127.0.0.1", hostPort: 18080 }], targetOf(a)));
    equal(await fetch(net.host, "http://127.0.0.1:18080/"), ONE.gateway);
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
    net.setup(ONE);
    const target = targetOf(net.join(ONE, "a", 2));
    net.inside(() => net.driver.publish("a", [{ ...ANY, hostPort: 18081 }], target));
    const taken = { kind: "Conflict", message: "Bind for 0.0.0.0:18081 failed: port is already allocated" };
    const before = net.rules();
    throws(() => net.inside(() => net.driver.publish("b", [{ ...ANY, hostPort: 18090 }, { ...ANY, hostPort: 18081 }], target)), taken); // prettier-ignore
    equal(net.rules(), before);
    const ranged = { ...ANY, hostPort: 18081, hostPortEnd: 18083 };
    const hostPorts = ["c", "d"].map(
      (owner) => net.inside(() => net.driver.publish(owner, [ranged], target))[0]?.hostPort,
    );
    deepEqual(hostPorts, [18082, 18083]);
    throws(() => net.inside(() => net.driver.publish("e", [ranged], target)), { kind: "Conflict" });
    deepEqual(
      net.inside(() => net.driver.publish("f", [{ ...ANY, hostPort: 18090 }], target)).map((each) => each.hostIp),
      ["0.0.0.0", "::"],
    );
    throws(() => net.inside(() => net.driver.publish("g", [{ ...ANY, hostIp: "203.0.113.9" }], target)), {
      kind: "InvalidParameter",
    });
  });

  it("udp and IPv6 go by the kernel alone", () => {
    net.setup(TWO);
    const a = net.join(TWO, "a", 2);
    const requests = [
      { ...ANY, protocol: "udp", hostPort: 18082, containerPort: 53 } as const,
      { ...ANY, hostPort: 18083 },
    ];
    net.inside(() => net.driver.publish("a", requests, targetOf(a)));
    const rules = net.rules();
    match(rules, /(?:udp|17) \. 18082 : 172\.18\.0\.2 \. 53/);
    match(rules, /(?:tcp|6) \. 18083 : fd18::2 \. 80/);
  });

  it("are back after a flush", async () => {
    net.setup(ONE);
    const a = net.join(ONE, "a", 2);
    net.inside(() => net.driver.publish("a", [{ ...ANY, hostPort: 18084 }], targetOf(a)));
    at(net.host, "nft", "flush", "ruleset");
    net.inside(() => net.driver.publish("b", [{ ...ANY, hostPort: 18085 }], targetOf(a)));
    match(net.rules(), /(?:tcp|6) \. 18084 : .*(?:tcp|6) \. 18085 :/s);
  });
});
