/** Connections from the host's loopback to published ports, led to the container where they begin. */
import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, Socket, type Server } from "node:net";
import { silent } from "../../daemon/base/logger.ts";
import { openConnected } from "../../daemon/linux/datagrams.ts";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { addressBytes } from "../../daemon/network/cidr.ts";
import type { EndpointPlan } from "../../daemon/network/network-driver.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { at, CGROUP, DriverHost, ONE, TWO } from "../support/driver-host.ts";
import { TestDaemon } from "../support/daemon.ts";
import { output } from "../support/process.ts";
import { within } from "../support/time-limit.ts";

const PORT = 18_080;
const NO_CGROUP = "no cgroups of version 2 are mounted";

describe("connections from the loopback", function () {
  this.timeout(20_000);
  let net: DriverHost;
  let a: EndpointPlan;
  let undo: AsyncDisposableStack;
  before(function () {
    if (CGROUP === undefined) skipAloud(this, NO_CGROUP);
  });
  beforeEach(() => {
    undo = new AsyncDisposableStack();
    net = undo.use(new DriverHost({ cgroup: CGROUP }));
    net.setup(ONE);
    a = net.join(ONE, "a", 2);
    serve(a.sandboxPath, "a");
  });
  afterEach(() => undo.disposeAsync());

  /** Says who it is and whom it sees, and keeps the connection. */
  function serve(namespace: string, name: string, port = 80): void {
    const { fd } = inNetworkNamespace(namespace, () =>
      openPortSocket({ protocol: "tcp", address: new Uint8Array(4), port, accepts: true }),
    );
    const server: Server = createServer(
      (socket) => void socket.on("error", () => undefined).write(`${name} ${socket.remoteAddress}`),
    );
    server.listen({ fd });
    undo.defer(() => void server.close());
  }

  const publish = (hostIp = "", containerPort = 80, hostPort = PORT): void =>
    void net.inside(() =>
      net.driver.publish(
        `${hostIp}:${hostPort}`,
        [{ containerPort, protocol: "tcp", hostIp, hostPort, hostPortEnd: 0 }],
        {
          hostInterface: a.hostInterface,
          ipv4: a.ipAddress,
        },
      ),
    );

  interface Seen {
    readonly said: string;
    readonly peer: string;
    readonly own: string | undefined;
    /** Where the connection goes in truth. */
    readonly leads: string;
  }

  /** Undefined: refused. */
  async function connect(address: string, port = PORT, namespace = net.host): Promise<Seen | undefined> {
    const fd = inNetworkNamespace(namespace, () => openConnected("tcp", addressBytes(address), port));
    const socket = new Socket({ fd });
    const [said] = (await once(socket, "data", { signal: within(5000) }).catch(() => [])) as [Buffer?];
    if (said === undefined) return undefined;
    const found = at(namespace, "ss", "-Htn", "state", "established", "sport", "=", `:${socket.localPort}`);
    const seen = {
      said: said.toString(),
      peer: `${socket.remoteAddress}:${socket.remotePort}`,
      own: socket.localAddress,
      leads: found.trim().split(/\s+/).at(-1) ?? "",
    };
    socket.destroy();
    return seen;
  }

  it("lead to the container, and both ends are told as ever", async () => {
    publish();
    const expected = { said: `a ${ONE.gateway}`, own: "127.0.0.1", leads: `${a.ipAddress}:80` };
    deepEqual(await connect("127.0.0.1"), { ...expected, peer: `127.0.0.1:${PORT}` });
    deepEqual(await connect("127.9.9.9"), { ...expected, peer: `127.9.9.9:${PORT}` });
  });

  it("take the port of their own address before that of all", async () => {
    serve(a.sandboxPath, "b", 81);
    publish("127.0.0.2", 81);
    publish("127.0.0.3", 80);
    deepEqual((await connect("127.0.0.2"))?.said, `b ${ONE.gateway}`);
    deepEqual((await connect("127.0.0.3"))?.said, `a ${ONE.gateway}`);
    equal(await connect("127.0.0.1"), undefined, "nobody published it there");
  });

  it("of other network namespaces and to other addresses are left alone", async () => {
    publish();
    serve(a.sandboxPath, "own", PORT);
    const inside = await connect("127.0.0.1", PORT, a.sandboxPath);
    deepEqual([inside?.said, inside?.leads], ["own 127.0.0.1", `127.0.0.1:${PORT}`]);
    const gateway = await connect(ONE.gateway);
    deepEqual([gateway?.said, gateway?.leads], [`a ${ONE.gateway}`, `${ONE.gateway}:${PORT}`]);
  });

  it("with a source of the loopback arrive too", async () => {
    publish();
    const script = `const s = require("net").connect({ host: "127.0.0.1", port: ${PORT}, localAddress: "127.0.0.5" });
      s.on("data", (d) => { console.log(String(d), s.localAddress, s.remoteAddress); s.destroy(); });`;
    // In a process of its own, while this one serves.
    equal(
      await output("nsenter", [`--net=${net.host}`, process.execPath, "-e", script]),
      `a ${ONE.gateway} 127.0.0.5 127.0.0.1`,
    );
  });

  it("are refused when the port is not published any more", async () => {
    publish();
    net.inside(() => net.driver.unpublish(`:${PORT}`));
    equal(await connect("127.0.0.1"), undefined);
  });

  it("are translated by the rules while there is no daemon, and those that there are live on", async () => {
    publish();
    const fd = net.inside(() => openConnected("tcp", addressBytes("127.0.0.1"), PORT));
    const before = new Socket({ fd });
    await once(before, "data", { signal: within(5000) });
    net.inside(() => net.driver[Symbol.dispose]());
    const seen = await connect("127.0.0.1");
    deepEqual([seen?.said, seen?.leads], [`a ${ONE.gateway}`, `127.0.0.1:${PORT}`]);
    equal(before.destroyed, false);
    equal(before.write("still there"), true);
    before.destroy();
    net.driver = net.newDriver({ cgroup: CGROUP });
  });

  it("without such programs of the kernel are translated, and it is said", async () => {
    const lines: string[] = [];
    const log = { ...silent, info: (message: string) => void lines.push(message) };
    net.inside(() => net.driver[Symbol.dispose]());
    net.driver = net.newDriver({ log, cgroup: net.folder });
    net.setup(ONE);
    publish();
    const seen = await connect("127.0.0.1");
    deepEqual([seen?.said, seen?.leads], [`a ${ONE.gateway}`, `127.0.0.1:${PORT}`]);
    match(lines.join(), /translated by the firewall's rules alone/);
  });

  it("are not paced where the host paces, and neither is what goes to a neighbour", () => {
    const paces = readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").startsWith("bbr");
    net.setup(TWO);
    const b = net.join(TWO, "b", 3);
    const says = paces ? " congctl cubic" : "";
    const subnets = [TWO.subnet, TWO.ipv6?.subnet ?? ""];
    for (const [subnet, path] of subnets.flatMap((each) => [
      [each, net.host] as const,
      [each, b.sandboxPath] as const,
    ])) {
      const family = subnet.includes(":") ? "-6" : "-4";
      const routes = at(path, "ip", family, "route", "show", subnet).trim().split("\n");
      equal(routes.length, 1, routes.join("\n"));
      equal(/ congctl \w+/.exec(routes[0] ?? "")?.[0] ?? "", says, routes[0]);
      equal(at(path, "ip", family, "route", "show", "default").includes("congctl"), false);
    }
    net.teardown(TWO);
    equal(at(net.host, "ip", "route", "show", TWO.subnet), "");
  });

  it("leave the route of another interface to the same network alone", () => {
    net.outside();
    at(net.host, "ip", "address", "add", "172.18.0.9/16", "dev", "wire");
    at(net.host, "ip", "address", "add", "fd18::9/64", "dev", "wire", "nodad");
    net.setup(TWO);
    const routes = (family: string, subnet = ""): readonly string[] =>
      at(net.host, "ip", family, "route", "show", subnet)
        .match(/dev \S+/g)
        ?.sort() ?? [];
    deepEqual(routes("-4", TWO.subnet), ["dev br-two", "dev wire"]);
    deepEqual(routes("-6", TWO.ipv6?.subnet), ["dev br-two", "dev wire"]);
  });

  it("keep what the user chose for TCP", () => {
    const c = net.join(ONE, "c", 4, { keepsCongestionControl: true });
    equal(at(c.sandboxPath, "ip", "route", "show", ONE.subnet).includes("congctl"), false);
  });
});

describe("a daemon's connections from the loopback", function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async function () {
    if (CGROUP === undefined) skipAloud(this, NO_CGROUP);
    daemon = await TestDaemon.start();
  });
  after(async () => await daemon?.[Symbol.asyncDispose]());

  /** @returns its process. */
  async function start(name: string, Cmd: readonly string[], HostConfig: object): Promise<number> {
    await daemon.call("POST", `/containers/create?name=${name}`, { body: { Image: "busybox", Cmd, HostConfig } });
    await daemon.call("POST", `/containers/${name}/start`);
    return (await daemon.call<{ State: { Pid: number } }>("GET", `/containers/${name}/json`)).State.Pid;
  }

  it("lead to the container, before and after a kill of the daemon", async () => {
    const PortBindings = { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: String(PORT) }] };
    await start("web", ["sh", "-c", "while :; do echo hello | nc -l -p 80; done"], { PortBindings });
    const script = `const { execFileSync } = require("child_process");
      const ask = () => require("net").connect(${PORT}, "127.0.0.1")
        .on("error", ask) // nobody listens between two connections
        .on("data", function () {
          const sockets = execFileSync("ss", ["-Htn", "sport", "=", ":" + this.localPort], { encoding: "utf8" });
          console.log(this.remoteAddress, sockets.trim().split(/\\s+/).at(-1));
          process.exit();
        });
      ask();`;
    const leads = (): Promise<string> => daemon.inNetns(process.execPath, "-e", script);
    equal(await leads(), "127.0.0.1 172.17.0.2:80");
    await daemon.kill();
    equal(await leads(), `127.0.0.1 127.0.0.1:${PORT}`);
    await daemon.launch();
    equal(await leads(), "127.0.0.1 172.17.0.2:80");
  });

  it("and a container whose user chose how TCP sends has it to neighbours too", async () => {
    const Sysctls = { "net.ipv4.tcp_congestion_control": "reno" };
    const pid = await start("chooser", ["sleep", "1000"], { Sysctls });
    const routes = await output("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "route"]);
    match(routes, /^172\.17\.0\.0\/16 dev eth0/m);
    equal(routes.includes("congctl"), false, routes);
  });
});
