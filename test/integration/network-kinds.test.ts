/** Networks of every driver and mode under the built daemon, with real containers, and a second host on a wire. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker, skipAloud } from "../support/docker-cli.ts";
import { SecondHost, WHO } from "../support/second-host.ts";

const WIRE_SUBNET = ["--subnet", "10.77.0.0/24", "--gateway", "10.77.0.2", "--aux-address", "host=10.77.0.1"];
const SLEEP = ["busybox", "sleep", "1000"];

describe("networks of every kind", () => {
  let daemon: TestDaemon;
  let second: SecondHost;

  before(needsDocker);
  before(async () => {
    daemon = await TestDaemon.start();
    second = await SecondHost.beside(daemon.netns);
  });
  afterEach(async () => {
    const ids = (await dockerOk(daemon, "ps", "-aq")).split("\n").filter((each) => each !== "");
    if (ids.length > 0) await dockerOk(daemon, "rm", "-f", ...ids);
    await dockerOk(daemon, "network", "prune", "-f");
  });
  after(async () => {
    await second[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
  });

  const run = (name: string, ...options: readonly string[]): Promise<string> =>
    dockerOk(daemon, "run", "-d", "--name", name, ...options, ...SLEEP);
  /** Resolves when it listens, or is about to. */
  async function serve(name: string, ...options: readonly string[]): Promise<void> {
    await dockerOk(daemon, "run", "-d", "--name", name, ...options, ...WHO);
    for await (const line of daemon.lines(`/containers/${name}/logs?follow=1&stdout=1`))
      if (line.includes("serving")) break;
    await dockerOk(
      daemon,
      "exec",
      name,
      "sh",
      "-c",
      "until wget -qO- localhost/cgi-bin/who >/dev/null 2>&1; do :; done",
    );
  }
  const inspect = async <T>(name: string, template: string): Promise<T> =>
    JSON.parse(await dockerOk(daemon, "inspect", "-f", `{{json ${template}}}`, name)) as T;
  async function refusal(...args: readonly string[]): Promise<string> {
    const { code, stderr } = await docker(daemon, args);
    ok(code !== 0, `docker ${args.join(" ")} was not refused`);
    const [text = ""] = stderr.split("\n\nRun 'docker");
    return text
      .replace(/^docker: /, "")
      .replace("Error response from daemon: ", "")
      .trim();
  }
  const macvlan = (name: string, ...options: readonly string[]): Promise<string> =>
    dockerOk(daemon, "network", "create", "-d", "macvlan", "-o", "parent=wire", ...options, name);

  describe("macvlan", () => {
    it("several subnets of a family: the first with room, or the one that an address is of, with its own router", async () => {
      const second = ["--subnet", "10.78.0.0/24", "--gateway", "10.78.0.254"];
      await macvlan("mv", "--subnet", "10.77.0.0/30", "--gateway", "10.77.0.2", ...second);
      await run("m1", "--network", "mv");
      await run("m2", "--network", "mv");
      await run("m3", "--network", "mv", "--ip", "10.78.0.9");
      const of = async (name: string): Promise<readonly unknown[]> => {
        const { IPAddress, Gateway, IPPrefixLen } = await inspect<Record<string, unknown>>(
          name,
          ".NetworkSettings.Networks.mv",
        );
        return [IPAddress, Gateway, IPPrefixLen];
      };
      deepEqual(await of("m1"), ["10.77.0.1", "10.77.0.2", 30]);
      deepEqual(await of("m2"), ["10.78.0.1", "10.78.0.254", 24]);
      deepEqual(await of("m3"), ["10.78.0.9", "10.78.0.254", 24]);
      match(await dockerOk(daemon, "exec", "m2", "ip", "route"), /default via 10\.78\.0\.254/);
      await dockerOk(daemon, "exec", "m2", "ping", "-c1", "-W2", "m3");
      await daemon.kill();
      await daemon.launch();
      equal(
        await dockerOk(daemon, "network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", "mv"),
        "10.77.0.0/30 10.78.0.0/24",
      );
      // The addresses of both are still held.
      await dockerOk(daemon, "rm", "-f", "m1");
      await run("m4", "--network", "mv");
      deepEqual(await of("m4"), ["10.77.0.1", "10.77.0.2", 30]);
      match(
        await refusal("run", "--network", "mv", "--ip", "10.79.0.1", "busybox"),
        /no configured subnet or ip-range contain/,
      );
    });

    it("a container is on the parent's wire, under a MAC address of its own, without the host", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await run("m1", "--network", "mv", "--ip", "10.77.0.20", "--mac-address", "02:42:0a:4d:00:99");
      equal(await dockerOk(daemon, "exec", "m1", "cat", "/sys/class/net/eth0/address"), "02:42:0a:4d:00:99");
      match(await dockerOk(daemon, "exec", "m1", "ip", "route"), /default via 10\.77\.0\.2 dev eth0/);
      await dockerOk(daemon, "exec", "m1", "ping", "-c1", "-W2", "10.77.0.2");
      ok(second.pings("10.77.0.20"));
      await run("m2", "--network", "mv");
      await dockerOk(daemon, "exec", "m2", "ping", "-c1", "-W2", "m1");
      // A macvlan never talks to its own parent.
      equal((await docker(daemon, ["exec", "m1", "ping", "-c1", "-W1", "10.77.0.1"])).code, 1);
    });

    it("is joined and left while a container runs, and its address is free then", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await run("c1");
      await dockerOk(daemon, "network", "connect", "--ip", "10.77.0.30", "mv", "c1");
      await dockerOk(daemon, "exec", "c1", "ping", "-c1", "-W2", "10.77.0.2");
      await dockerOk(daemon, "network", "disconnect", "mv", "c1");
      equal(await dockerOk(daemon, "exec", "c1", "ls", "/sys/class/net"), "eth0\nlo");
      await run("c2", "--network", "mv", "--ip", "10.77.0.30");
    });

    it("is found again by a daemon that was killed", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await run("m1", "--network", "mv", "--ip", "10.77.0.20");
      await daemon.kill();
      await daemon.launch();
      match(await refusal("run", "--network", "mv", "--ip", "10.77.0.20", ...SLEEP), /Address already in use/);
      await run("m2", "--network", "mv");
      await dockerOk(daemon, "exec", "m2", "ping", "-c1", "-W2", "m1");
    });

    it("a parent that one network has whole is taken (passthru)", async () => {
      await macvlan("mp", "-o", "macvlan_mode=passthru");
      match(
        await refusal("network", "create", "-d", "macvlan", "-o", "parent=wire", "mq"),
        /already using parent interface wire in mode passthru$/,
      );
    });

    for (const [options, text] of [
      [["parent=nosuch"], "invalid subinterface vlan name nosuch, example formatting is eth0.10"],
      [["parent=nosuch.10"], "-o parent interface was not found on the host: nosuch"],
      [["parent=wire.5000"], "vlan id must be between 1-4094, received: 5000"],
      [["parent=wire.abc"], "unable to parse a valid vlan id from: abc (ex. eth0.10 for vlan 10)"],
      [["parent=lo"], "loopback interface is not a valid macvlan parent link"],
      [
        ["parent=wire", "macvlan_mode=foo"],
        "requested macvlan mode 'foo' is not valid, 'bridge' mode is the macvlan driver default",
      ],
    ] as const)
      it(`network create -o ${options.join(" -o ")} is refused in Docker's words`, async () => {
        const flags = options.flatMap((each) => ["-o", each]);
        equal(await refusal("network", "create", "-d", "macvlan", ...flags, "bad"), text);
      });
  });

  describe("ipvlan", () => {
    for (const mode of ["l2", "l3"])
      it(`${mode}: a container is on the parent's wire, under the parent's MAC address`, async function () {
        const options = ["-o", "parent=wire", "-o", `ipvlan_mode=${mode}`, ...WIRE_SUBNET];
        await dockerOk(daemon, "network", "create", "-d", "ipvlan", ...options, "iv");
        const { code, stderr } = await docker(daemon, ["run", "-d", "--name", "i1", "--network", "iv", ...SLEEP]);
        if (stderr.includes("this kernel has no ipvlan")) skipAloud(this, "this kernel has no ipvlan");
        equal(code, 0, stderr);
        const [wire] = JSON.parse(await daemon.inNetns("ip", "-j", "link", "show", "wire")) as [{ address: string }];
        equal(await dockerOk(daemon, "exec", "i1", "cat", "/sys/class/net/eth0/address"), wire.address);
        const route = mode === "l2" ? /default via 10\.77\.0\.2 dev eth0/ : /default dev eth0/;
        match(await dockerOk(daemon, "exec", "i1", "ip", "route"), route);
      });
  });

  describe("a VLAN", () => {
    it("that is a parent is made with its network, and goes with it", async function () {
      const { code, stderr } = await docker(daemon, [
        "network",
        "create",
        "-d",
        "macvlan",
        "-o",
        "parent=wire.10",
        "v",
      ]);
      if (stderr.includes("this kernel has no vlan")) skipAloud(this, "this kernel has no VLANs");
      equal(code, 0, stderr);
      await daemon.inNetns("ip", "link", "show", "wire.10");
      await run("v1", "--network", "v");
      await dockerOk(daemon, "rm", "-f", "v1");
      await dockerOk(daemon, "network", "rm", "v");
      ok(!(await daemon.inNetns("ip", "-br", "link")).includes("wire.10"));
    });
  });

  describe("options of an endpoint", () => {
    const option = (network: string, text: string): string[] => [
      "--network",
      `name=${network},"driver-opt=com.docker.network.endpoint.${text}"`,
    ];

    it("sysctls of its interface, and its name", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      const sysctls = "sysctls=net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.forwarding=0";
      await run("s1", ...option("n1", sysctls));
      equal(await dockerOk(daemon, "exec", "s1", "cat", "/proc/sys/net/ipv4/conf/eth0/log_martians"), "1");
      await run("s2", ...option("n1", "ifname=foo0"));
      match(await dockerOk(daemon, "exec", "s2", "ip", "route"), /default via .* dev foo0/);
      const options = { "com.docker.network.endpoint.ifname": "foo0" };
      deepEqual(await inspect("s2", ".NetworkSettings.Networks.n1.DriverOpts"), options);
      await dockerOk(daemon, "network", "create", "n2");
      const connect = ["network", "connect", "--driver-opt", "com.docker.network.endpoint.ifname=bar0"];
      await dockerOk(daemon, ...connect, "n2", "s2");
      equal(await dockerOk(daemon, "exec", "s2", "ls", "/sys/class/net"), "bar0\nfoo0\nlo");
    });

    it("addresses of the link beside the network's own, at create and at connect", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      await run("a1", "--network", "n1", "--link-local-ip", "169.254.34.68", "--link-local-ip", "fe80::34");
      await run("a2", "--network", "none");
      await dockerOk(daemon, "network", "disconnect", "none", "a2");
      // As a crash leaves it between the file and its mount.
      const id = await dockerOk(daemon, "inspect", "-f", "{{.Id}}", "a2");
      writeFileSync(join(daemon.root, "exec/netns", id.slice(0, 12)), "");
      await dockerOk(daemon, "network", "connect", "--link-local-ip", "169.254.34.69", "n1", "a2");
      const addresses = await dockerOk(daemon, "exec", "a1", "ip", "addr", "show", "eth0");
      match(addresses, /inet 169\.254\.34\.68\/16 /);
      match(addresses, /inet6 fe80::34\/64 scope link/);
      await dockerOk(daemon, "exec", "a1", "ping", "-c1", "-W2", "169.254.34.69");
      deepEqual(await inspect("a2", ".NetworkSettings.Networks.n1.IPAMConfig"), { LinkLocalIPs: ["169.254.34.69"] });
      match(
        await refusal("network", "connect", "--link-local-ip", "10.0.0.1", "n1", "a1"),
        /invalid link-local IP address: 10\.0\.0\.1/,
      );
    });

    it("names of its interfaces that a network begins", async () => {
      const prefix = ["-o", "com.docker.network.container_iface_prefix=wan"];
      await dockerOk(daemon, "network", "create", ...prefix, "n1");
      await dockerOk(daemon, "network", "create", "n2");
      await run("p1", "--network", "n1", "--network", "n2");
      equal(await dockerOk(daemon, "exec", "p1", "ls", "/sys/class/net"), "eth0\nlo\nwan0");
      match(
        await refusal("network", "create", "-o", "com.docker.network.container_iface_prefix=a/b", "n3"),
        /invalid value for network option com\.docker\.network\.container_iface_prefix: "a\/b"/,
      );
    });

    it("are refused in Docker's words, with nothing made", async () => {
      await dockerOk(daemon, "network", "create", "n1");
      for (const text of ["net.ipv4.conf.eth0.log_martians=1", "kernel.shmmax=1", "foo"])
        equal(
          await refusal("run", ...option("n1", `sysctls=${text}`), ...SLEEP),
          `invalid config for network n1: invalid endpoint settings:\nunrecognised network interface sysctl '${text}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`,
        );
      match(
        await refusal("run", ...option("n1", "sysctls=net.ipv4.conf.IFNAME.nosuch=1"), ...SLEEP),
        /\/proc\/sys\/net\/ipv4\/conf\/eth0\/nosuch is not a sysctl file$/,
      );
      match(await refusal("run", ...option("n1", "ifname=a/b"), ...SLEEP), /invalid interface name/);
      ok(!/sl[0-9a-f]{4}-/.test(await daemon.inNetns("ip", "-br", "link")));
    });
  });

  describe("gateway modes", () => {
    const mode4 = (mode: string): string[] => ["-o", `com.docker.network.bridge.gateway_mode_ipv4=${mode}`];

    it("routed: published ports are reached at the container's own address, and no other port is", async () => {
      await dockerOk(daemon, "network", "create", ...mode4("routed"), "--subnet", "10.8.0.0/24", "gr");
      await serve("r1", "--network", "gr", "-p", "8080:80");
      deepEqual(await inspect("r1", `(index .NetworkSettings.Ports "80/tcp")`), [
        { HostIp: "0.0.0.0", HostPort: "" },
        { HostIp: "::", HostPort: "8080" },
      ]);
      equal(await second.asks("10.8.0.2", 80), "from 10.77.0.2");
      ok(second.pings("10.8.0.2"));
      equal(await second.asks("10.77.0.1", 8080), "");
      equal(await second.asks("10.8.0.2", 81), "");
      await dockerOk(daemon, "rm", "-f", "r1");
      await run("r2", "--network", "gr", "-p", "8080:80");
    });

    it("nat: no port is reached at the container's address; nat-unprotected: every one is", async () => {
      await dockerOk(daemon, "network", "create", ...mode4("nat-unprotected"), "--subnet", "10.8.1.0/24", "gu");
      await dockerOk(daemon, "network", "create", "--subnet", "10.8.2.0/24", "gn");
      await serve("u1", "--network", "gu");
      await serve("n1", "--network", "gn", "-p", "8080:80");
      equal(await second.asks("10.8.1.2", 80), "from 10.77.0.2");
      equal(await second.asks("10.8.2.2", 80), "");
      equal(await second.asks("10.77.0.1", 8080), "from 10.77.0.2");
    });

    it("isolated: the host is not on it, and containers reach each other", async () => {
      equal(
        await refusal("network", "create", ...mode4("isolated"), "gi"),
        "gateway mode 'isolated' can only be used for an internal network",
      );
      equal(
        await refusal("network", "create", ...mode4("foo"), "gi"),
        "failed to parse com.docker.network.bridge.gateway_mode_ipv4 value: foo (unknown gateway mode foo)",
      );
      await dockerOk(daemon, "network", "create", "--internal", ...mode4("isolated"), "--subnet", "10.8.3.0/24", "gi");
      await run("i1", "--network", "gi");
      await run("i2", "--network", "gi");
      equal(await inspect("i1", ".NetworkSettings.Networks.gi.IPAddress"), "10.8.3.1");
      await dockerOk(daemon, "exec", "i1", "ping", "-c1", "-W2", "i2");
      ok(!(await daemon.inNetns("ip", "-4", "-br", "addr")).includes("10.8.3."));
    });
  });

  it("a network of IPv6 alone: addresses, names, published ports", async () => {
    equal(await refusal("network", "create", "--ipv4=false", "none4"), "IPv4 or IPv6 must be enabled");
    await dockerOk(daemon, "network", "create", "--ipv4=false", "--ipv6", "--subnet", "fd77::/64", "six");
    await serve("s6", "--network", "six", "-p", "8090:80");
    await run("t6", "--network", "six");
    await dockerOk(daemon, "exec", "t6", "ping", "-6", "-c1", "-W2", "s6");
    deepEqual(await inspect("s6", ".NetworkSettings.Ports"), { "80/tcp": [{ HostIp: "::", HostPort: "8090" }] });
    const six = await inspect<Record<string, unknown>>("s6", ".NetworkSettings.Networks.six");
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
    await run("c1");
    equal(await refusal("network", "connect", "cfg", "c1"), "cannot create endpoint on configuration-only network");
    const missing = await refusal("network", "create", "--config-from", "nosuch", "x");
    equal(missing, 'configuration network "nosuch" does not exist');
    match(await refusal("network", "rm", "cfg"), /^configuration network "cfg" is in use/);
    await dockerOk(daemon, "network", "rm", "from", "cfg");
  });

  it("host and none are there once, and for life", async () => {
    await run("c1");
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
      equal(await refusal("network", ...args), text);
  });

  it("links of the default bridge are lines of hosts and variables, and are refused in Docker's words", async () => {
    const target = ["--hostname", "l1h", "-p", "8085:80", "-e", "FOO=bar", "--expose", "9000"];
    await run("l1", ...target);
    await run("l2", "--link", "l1:db");
    const ip = await inspect<string>("l1", ".NetworkSettings.IPAddress");
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
    deepEqual(await inspect("l2", ".HostConfig.Links"), ["/l1:/l2/db"]);
    equal(await dockerOk(daemon, "exec", "l2", "sh", "-c", "echo $DB_NAME"), "/l2/db");
    const names = (): Promise<string> =>
      dockerOk(daemon, "ps", "--no-trunc", "--filter", "name=l1", "--format", "{{.Names}}");
    equal(await names(), "l1,l2/db");
    equal(
      await refusal("run", "--link", "nosuch:db", ...SLEEP),
      "could not get container for nosuch: No such container: nosuch",
    );
    await dockerOk(daemon, "stop", "-t0", "l1", "l2");
    // As of every one of a circle of links.
    match(await refusal("start", "l2"), /Cannot link to a non running container: \/l1 AS \/l2\/db/);
    equal(
      await refusal("run", "--network", "host", "--link", "l1:db", ...SLEEP),
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
    await dockerOk(daemon, "start", "l1", "l2");
    equal(await refusal("rm", "--link", "l2/nosuch"), "No such container: l2/nosuch");
    match(await refusal("rm", "--link", "l1"), /cannot remove the default link name of the container/);
    await dockerOk(daemon, "rm", "--link", "l2/db");
    equal(await names(), "l1");
    deepEqual(await inspect("l2", ".HostConfig.Links"), null);
    equal((await docker(daemon, ["exec", "l2", "grep", "db", "/etc/hosts"])).code, 1);
    await dockerOk(daemon, "restart", "-t0", "l2");
  });

  it("a second host reaches published ports of both families under its own address, and none of the loopback's", async () => {
    await dockerOk(daemon, "network", "create", "--ipv6", "--subnet", "fd79::/64", "dual");
    const loopback = ["-p", "127.0.0.1:18080:80", "-p", "[::1]:18080:80"];
    await serve("p1", "--network", "dual", ...loopback, "-p", "18081:80");
    equal(await second.asks("10.77.0.1", 18081), "from 10.77.0.2");
    equal(await second.asks("fd78::1", 18081), "from fd78::2");
    equal(await second.asks("10.77.0.1", 18080), "");
    equal(await second.asks("fd78::1", 18080), "");
    equal(await second.asksLoopbackOver("10.77.0.1", 18080), "");
  });
});
