/** Networks of every mode under the built daemon, with real containers, and a second host on a wire. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker } from "../support/docker-cli.ts";
import type { SecondHost } from "../support/second-host.ts";
import { SLEEP, WiredDaemon } from "../support/wired-daemon.ts";

describe("networks of every kind", () => {
  let wired: WiredDaemon;
  let daemon: TestDaemon;
  let second: SecondHost;

  before(needsDocker);
  before(async () => {
    wired = await WiredDaemon.start();
    ({ daemon, second } = wired);
  });
  afterEach(() => wired.clear());
  after(async () => await wired?.[Symbol.asyncDispose]());

  describe("options of an endpoint", () => {
    const option = (network: string, text: string): string[] => [
      "--network",
      `name=${network},"driver-opt=com.docker.network.endpoint.${text}"`,
    ];

    it("sysctls of its interface, and its name", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      const sysctls = "sysctls=net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.forwarding=0";
      await wired.run("s1", ...option("n1", sysctls));
      equal(await dockerOk(daemon, "exec", "s1", "cat", "/proc/sys/net/ipv4/conf/eth0/log_martians"), "1");
      await wired.run("s2", ...option("n1", "ifname=foo0"));
      match(await dockerOk(daemon, "exec", "s2", "ip", "route"), /default via .* dev foo0/);
      const options = { "com.docker.network.endpoint.ifname": "foo0" };
      deepEqual(await wired.inspect("s2", ".NetworkSettings.Networks.n1.DriverOpts"), options);
      await dockerOk(daemon, "network", "create", "n2");
      const connect = ["network", "connect", "--driver-opt", "com.docker.network.endpoint.ifname=bar0"];
      await dockerOk(daemon, ...connect, "n2", "s2");
      equal(await dockerOk(daemon, "exec", "s2", "ls", "/sys/class/net"), "bar0\nfoo0\nlo");
    });

    it("addresses of the link beside the network's own, at create and at connect", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      await wired.run("a1", "--network", "n1", "--link-local-ip", "169.254.34.68", "--link-local-ip", "fe80::34");
      await wired.run("a2", "--network", "none");
      await dockerOk(daemon, "network", "disconnect", "none", "a2");
      // As a crash leaves it between the file and its mount.
      const id = await dockerOk(daemon, "inspect", "-f", "{{.Id}}", "a2");
      writeFileSync(join(daemon.root, "exec/netns", id.slice(0, 12)), "");
      await dockerOk(daemon, "network", "connect", "--link-local-ip", "169.254.34.69", "n1", "a2");
      const addresses = await dockerOk(daemon, "exec", "a1", "ip", "addr", "show", "eth0");
      match(addresses, /inet 169\.254\.34\.68\/16 /);
      match(addresses, /inet6 fe80::34\/64 scope link/);
      await dockerOk(daemon, "exec", "a1", "ping", "-c1", "-W2", "169.254.34.69");
      deepEqual(await wired.inspect("a2", ".NetworkSettings.Networks.n1.IPAMConfig"), {
        LinkLocalIPs: ["169.254.34.69"],
      });
      match(
        await wired.refusal("network", "connect", "--link-local-ip", "10.0.0.1", "n1", "a1"),
        /invalid link-local IP address: 10\.0\.0\.1/,
      );
    });

    it("names of its interfaces that a network begins", async () => {
      const prefix = ["-o", "com.docker.network.container_iface_prefix=wan"];
      await dockerOk(daemon, "network", "create", ...prefix, "n1");
      await dockerOk(daemon, "network", "create", "n2");
      await wired.run("p1", "--network", "n1", "--network", "n2");
      equal(await dockerOk(daemon, "exec", "p1", "ls", "/sys/class/net"), "eth0\nlo\nwan0");
      match(
        await wired.refusal("network", "create", "-o", "com.docker.network.container_iface_prefix=a/b", "n3"),
        /invalid value for network option com\.docker\.network\.container_iface_prefix: "a\/b"/,
      );
    });

    it("are refused in Docker's words, with nothing made", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      for (const text of ["net.ipv4.conf.eth0.log_martians=1", "kernel.shmmax=1", "foo"])
        equal(
          await wired.refusal("run", ...option("n1", `sysctls=${text}`), ...SLEEP),
          `invalid config for network n1: invalid endpoint settings:\nunrecognised network interface sysctl '${text}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`,
        );
      match(
        await wired.refusal("run", ...option("n1", "sysctls=net.ipv4.conf.IFNAME.nosuch=1"), ...SLEEP),
        /\/proc\/sys\/net\/ipv4\/conf\/eth0\/nosuch is not a sysctl file$/,
      );
      match(await wired.refusal("run", ...option("n1", "ifname=a/b"), ...SLEEP), /invalid interface name/);
      ok(!/sl[0-9a-f]{4}-/.test(await daemon.inNetns("ip", "-br", "link")));
    });
  });

  describe("gateway modes", () => {
    const mode4 = (mode: string): string[] => ["-o", `com.docker.network.bridge.gateway_mode_ipv4=${mode}`];

    it("routed: published ports are reached at the container's own address, and no other port is", async () => {
      await dockerOk(daemon, "network", "create", ...mode4("routed"), "--subnet", "10.8.0.0/24", "gr");
      await wired.serve("r1", "--network", "gr", "-p", "8080:80");
      deepEqual(await wired.inspect("r1", `(index .NetworkSettings.Ports "80/tcp")`), [
        { HostIp: "0.0.0.0", HostPort: "" },
        { HostIp: "::", HostPort: "8080" },
      ]);
      equal(await second.asks("10.8.0.2", 80), "from 10.77.0.2");
      ok(second.pings("10.8.0.2"));
      equal(await second.asks("10.77.0.1", 8080), "");
      equal(await second.asks("10.8.0.2", 81), "");
      await dockerOk(daemon, "rm", "-f", "r1");
      await wired.run("r2", "--network", "gr", "-p", "8080:80");
    });

    it("nat: no port is reached at the container's address; nat-unprotected: every one is", async () => {
      await dockerOk(daemon, "network", "create", ...mode4("nat-unprotected"), "--subnet", "10.8.1.0/24", "gu");
      await dockerOk(daemon, "network", "create", "--subnet", "10.8.2.0/24", "gn");
      await wired.serve("u1", "--network", "gu");
      await wired.serve("n1", "--network", "gn", "-p", "8080:80");
      equal(await second.asks("10.8.1.2", 80), "from 10.77.0.2");
      equal(await second.asks("10.8.2.2", 80), "");
      equal(await second.asks("10.77.0.1", 8080), "from 10.77.0.2");
    });

    it("isolated: the host is not on it, and containers reach each other", async () => {
      equal(
        await wired.refusal("network", "create", ...mode4("isolated"), "gi"),
        "gateway mode 'isolated' can only be used for an internal network",
      );
      equal(
        await wired.refusal("network", "create", ...mode4("foo"), "gi"),
        "failed to parse com.docker.network.bridge.gateway_mode_ipv4 value: foo (unknown gateway mode foo)",
      );
      await dockerOk(daemon, "network", "create", "--internal", ...mode4("isolated"), "--subnet", "10.8.3.0/24", "gi");
      await wired.run("i1", "--network", "gi");
      await wired.run("i2", "--network", "gi");
      equal(await wired.inspect("i1", ".NetworkSettings.Networks.gi.IPAddress"), "10.8.3.1");
      await dockerOk(daemon, "exec", "i1", "ping", "-c1", "-W2", "i2");
      ok(!(await daemon.inNetns("ip", "-4", "-br", "addr")).includes("10.8.3."));
    });
  });

  it("a network of IPv6 alone: addresses, names, published ports", async () => {
    equal(await wired.refusal("network", "create", "--ipv4=false", "none4"), "IPv4 or IPv6 must be enabled");
    await dockerOk(daemon, "network", "create", "--ipv4=false", "--ipv6", "--subnet", "fd77::/64", "six");
    await wired.serve("s6", "--network", "six", "-p", "8090:80");
    await wired.run("t6", "--network", "six");
    await dockerOk(daemon, "exec", "t6", "ping", "-6", "-c1", "-W2", "s6");
    deepEqual(await wired.inspect("s6", ".NetworkSettings.Ports"), { "80/tcp": [{ HostIp: "::", HostPort: "8090" }] });
    const six = await wired.inspect<Record<string, unknown>>("s6", ".NetworkSettings.Networks.six");
    deepEqual([six["IPAddress"], six["IPv6Gateway"], six["GlobalIPv6Address"]], ["", "fd77::1", "fd77::2"]);
    equal(await second.asks("fd78::1", 8090), "from fd78::2");
  });

  it("a configuration-only network is what others are made from", async () => {
    await dockerOk(daemon, "network", "create", "--config-only", "--subnet", "10.10.0.0/24", "cfg");
    await dockerOk(daemon, "network", "create", "--config-from", "cfg", "from");
    const network = await dockerOk(
      daemon,
      "network",
      "inspect",
      "-f",
      "{{json .IPAM.Config}} {{.ConfigFrom.Network}}",
      "from",
    );
    equal(network, '[{"Subnet":"10.10.0.0/24"}] cfg');
    await wired.run("c1");
    equal(
      await wired.refusal("network", "connect", "cfg", "c1"),
      "cannot create endpoint on configuration-only network",
    );
    const missing = await wired.refusal("network", "create", "--config-from", "nosuch", "x");
    equal(missing, 'configuration network "nosuch" does not exist');
    match(await wired.refusal("network", "rm", "cfg"), /^configuration network "cfg" is in use/);
    await dockerOk(daemon, "network", "rm", "from", "cfg");
  });

  it("host and none are there once, and for life", async () => {
    await wired.run("c1");
    for (const [args, text] of [
      [["create", "-d", "host", "x"], 'only one instance of "host" network is allowed'],
      [["create", "-d", "null", "x"], 'only one instance of "null" network is allowed'],
      [["create", "host"], "operation is not permitted on predefined host network"],
      [
        ["connect", "host", "c1"],
        "cannot connect container to host network - container must be created in host network mode",
      ],
      [
        ["connect", "none", "c1"],
        "container cannot be connected to multiple networks with one of the networks in private (none) mode",
      ],
    ] as const)
      equal(await wired.refusal("network", ...args), text);
  });

  it("links of the default bridge are lines of hosts and variables, and are refused in Docker's words", async () => {
    const target = ["--hostname", "l1h", "-p", "8085:80", "-e", "FOO=bar", "--expose", "9000"];
    await wired.run("l1", ...target);
    await wired.run("l2", "--link", "l1:db");
    const ip = await wired.inspect<string>("l1", ".NetworkSettings.IPAddress");
    match(await dockerOk(daemon, "exec", "l2", "cat", "/etc/hosts"), new RegExp(`^${ip}\tdb l1h l1$`, "m"));
    const env = await dockerOk(daemon, "exec", "l2", "sh", "-c", "tr '\\0' '\\n' </proc/1/environ | grep ^DB | sort");
    const port = (n: number): string[] => [
      `DB_PORT_${n}_TCP=tcp://${ip}:${n}`,
      `DB_PORT_${n}_TCP_ADDR=${ip}`,
      `DB_PORT_${n}_TCP_PORT=${n}`,
      `DB_PORT_${n}_TCP_PROTO=tcp`,
    ];
    const first = ["DB_ENV_FOO=bar", "DB_NAME=/l2/db", `DB_PORT=tcp://${ip}:80`];
    deepEqual(env.split("\n"), [...first, ...port(80), ...port(9000)].sort());
    deepEqual(await wired.inspect("l2", ".HostConfig.Links"), ["/l1:/l2/db"]);
    equal(await dockerOk(daemon, "exec", "l2", "sh", "-c", "echo $DB_NAME"), "/l2/db");
    const names = (): Promise<string> =>
      dockerOk(daemon, "ps", "--no-trunc", "--filter", "name=l1", "--format", "{{.Names}}");
    equal(await names(), "l1,l2/db");
    equal(await wired.inspect("l2/db", ".Name"), "/l1");
    equal(await dockerOk(daemon, "exec", "l2/db", "hostname"), "l1h");
    equal(
      await wired.refusal("run", "--link", "nosuch:db", ...SLEEP),
      "could not get container for nosuch: No such container: nosuch",
    );
    await dockerOk(daemon, "stop", "-t0", "l1", "l2");
    // As of every one of a circle of links.
    match(await wired.refusal("start", "l2"), /Cannot link to a non running container: \/l1 AS \/l2\/db/);
    equal(
      await wired.refusal("run", "--network", "host", "--link", "l1:db", ...SLEEP),
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
    await dockerOk(daemon, "rename", "l1", "l1-new");
    deepEqual(await wired.inspect("l2", ".HostConfig.Links"), ["/l1-new:/l2/db"]);
    await dockerOk(daemon, "start", "l2/db", "l2");
    match(await dockerOk(daemon, "exec", "l2", "cat", "/etc/hosts"), /^172\S+\tdb l1h l1-new$/m);
    // Its address is another's meanwhile.
    await dockerOk(daemon, "stop", "-t0", "l1-new");
    await wired.run("l3");
    await dockerOk(daemon, "start", "l1-new");
    const moved = await wired.inspect<string>("l1-new", ".NetworkSettings.IPAddress");
    equal(await wired.inspect("l3", ".NetworkSettings.IPAddress"), ip);
    match(await dockerOk(daemon, "exec", "l2", "cat", "/etc/hosts"), new RegExp(`^${moved}\tdb l1h l1-new$`, "m"));
    await dockerOk(daemon, "rename", "l1-new", "l1");
    equal(await wired.refusal("rm", "--link", "l2/nosuch"), "No such container: l2/nosuch");
    match(await wired.refusal("rm", "--link", "l1"), /cannot remove the default link name of the container/);
    await dockerOk(daemon, "rm", "--link", "l2/db");
    equal(await names(), "l1");
    deepEqual(await wired.inspect("l2", ".HostConfig.Links"), null);
    equal((await docker(daemon, ["exec", "l2", "grep", "-w", "db", "/etc/hosts"])).code, 1);
    await dockerOk(daemon, "restart", "-t0", "l2");
  });

  it("a second host reaches published ports of both families under its own address, and none of the loopback's", async () => {
    await dockerOk(daemon, "network", "create", "--ipv6", "--subnet", "fd79::/64", "dual");
    const loopback = ["-p", "127.0.0.1:18080:80", "-p", "[::1]:18080:80"];
    await wired.serve("p1", "--network", "dual", ...loopback, "-p", "18081:80");
    equal(await second.asks("10.77.0.1", 18081), "from 10.77.0.2");
    equal(await second.asks("fd78::1", 18081), "from fd78::2");
    equal(await second.asks("10.77.0.1", 18080), "");
    equal(await second.asks("fd78::1", 18080), "");
    equal(await second.asksLoopbackOver("10.77.0.1", 18080), "");
  });
});
