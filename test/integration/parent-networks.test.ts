/** Networks on an interface of the host under the built daemon, with real containers, and a second host on a wire. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker, skipAloud } from "../support/docker-cli.ts";
import type { SecondHost } from "../support/second-host.ts";
import { SLEEP, WiredDaemon } from "../support/wired-daemon.ts";

const WIRE_SUBNET = ["--subnet", "10.77.0.0/24", "--gateway", "10.77.0.2", "--aux-address", "host=10.77.0.1"];

describe("networks with a parent", () => {
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

  const macvlan = (name: string, ...options: readonly string[]): Promise<string> =>
    dockerOk(daemon, "network", "create", "-d", "macvlan", "-o", "parent=wire", ...options, name);

  describe("macvlan", () => {
    it("several subnets of a family: the first with room, or the one that an address is of, with its own router", async () => {
      // Not by the docker CLI, which sends the subnets in any order.
      const Config = [
        { Subnet: "10.77.0.0/30", Gateway: "10.77.0.2" },
        { Subnet: "10.78.0.0/24", Gateway: "10.78.0.254" },
      ];
      const body = { Name: "mv", Driver: "macvlan", Options: { parent: "wire" }, IPAM: { Config } };
      await daemon.call("POST", "/networks/create", { body });
      await wired.run("m1", "--network", "mv");
      await wired.run("m2", "--network", "mv");
      await wired.run("m3", "--network", "mv", "--ip", "10.78.0.9");
      const of = async (name: string): Promise<readonly unknown[]> => {
        const { IPAddress, Gateway, IPPrefixLen } = await wired.inspect<Record<string, unknown>>(
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
      await wired.run("m4", "--network", "mv");
      deepEqual(await of("m4"), ["10.77.0.1", "10.77.0.2", 30]);
      match(
        await wired.refusal("run", "--network", "mv", "--ip", "10.79.0.1", "busybox"),
        /no configured subnet or ip-range contain/,
      );
    });

    it("a container is on the parent's wire, under a MAC address of its own, without the host", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await wired.run("m1", "--network", "mv", "--ip", "10.77.0.20", "--mac-address", "02:42:0a:4d:00:99");
      equal(await dockerOk(daemon, "exec", "m1", "cat", "/sys/class/net/eth0/address"), "02:42:0a:4d:00:99");
      match(await dockerOk(daemon, "exec", "m1", "ip", "route"), /default via 10\.77\.0\.2 dev eth0/);
      await dockerOk(daemon, "exec", "m1", "ping", "-c1", "-W2", "10.77.0.2");
      ok(second.pings("10.77.0.20"));
      await wired.run("m2", "--network", "mv");
      await dockerOk(daemon, "exec", "m2", "ping", "-c1", "-W2", "m1");
      // A macvlan never talks to its own parent.
      equal((await docker(daemon, ["exec", "m1", "ping", "-c1", "-W1", "10.77.0.1"])).code, 1);
    });

    it("is joined and left while a container runs, and its address is free then", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await wired.run("c1");
      await dockerOk(daemon, "network", "connect", "--ip", "10.77.0.30", "mv", "c1");
      await dockerOk(daemon, "exec", "c1", "ping", "-c1", "-W2", "10.77.0.2");
      await dockerOk(daemon, "network", "disconnect", "mv", "c1");
      equal(await dockerOk(daemon, "exec", "c1", "ls", "/sys/class/net"), "eth0\nlo");
      await wired.run("c2", "--network", "mv", "--ip", "10.77.0.30");
    });

    it("is found again by a daemon that was killed", async () => {
      await macvlan("mv", ...WIRE_SUBNET);
      await wired.run("m1", "--network", "mv", "--ip", "10.77.0.20");
      await daemon.kill();
      await daemon.launch();
      match(await wired.refusal("run", "--network", "mv", "--ip", "10.77.0.20", ...SLEEP), /Address already in use/);
      await wired.run("m2", "--network", "mv");
      await dockerOk(daemon, "exec", "m2", "ping", "-c1", "-W2", "m1");
    });

    it("a parent that one network has whole is taken (passthru)", async () => {
      await macvlan("mp", "-o", "macvlan_mode=passthru");
      match(
        await wired.refusal("network", "create", "-d", "macvlan", "-o", "parent=wire", "mq"),
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
        equal(await wired.refusal("network", "create", "-d", "macvlan", ...flags, "bad"), text);
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
      await wired.run("v1", "--network", "v");
      await dockerOk(daemon, "rm", "-f", "v1");
      await dockerOk(daemon, "network", "rm", "v");
      ok(!(await daemon.inNetns("ip", "-br", "link")).includes("wire.10"));
    });
  });
});
