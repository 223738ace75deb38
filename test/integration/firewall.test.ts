/** Published ports beside the rules of the host's own firewall. */
import { equal, match } from "node:assert/strict";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker } from "../support/docker-cli.ts";
import { ask, SecondHost, WHO } from "../support/second-host.ts";

/** Denies a port of the host to everybody, as `ufw deny` and firewalld's zones do: where packets for the host itself come by. */
const DENY =
  "table inet host { chain input { type filter hook input priority 0; policy accept; th dport 18082 drop; }; }";

/** dockerd and ufw by iptables-nft; firewalld. */
const FOREIGN = `table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; }
table inet firewalld { chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; reject with icmpx admin-prohibited; }; }`;

for (const [args, title, denied] of [
  [["--firewall-respect"], "with --firewall-respect a published port is subject to the host's input rules", ""],
  [[], "without it a published port is open whatever they say, as Docker's is", "from 10.77.0.2"],
] as const)
  describe(`firewall: ${args.join(" ") || "by default"}`, () => {
    let daemon: TestDaemon;
    let second: SecondHost;

    before(needsDocker);
    before(async () => {
      daemon = await TestDaemon.start({ args });
      second = await SecondHost.beside(daemon.netns);
    });
    after(async () => {
      await daemon.inNetns("nft", "flush", "ruleset");
      await second[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    });

    it(title, async () => {
      await dockerOk(daemon, "run", "-d", "--name", "w1", "-p", "18081:80", "-p", "18082:80", ...WHO);
      await dockerOk(daemon, "exec", "w1", "sh", "-c", "until wget -qO- localhost/cgi-bin/who >/dev/null; do :; done");
      match(await second.asks("10.77.0.1", 18082), /^from /);
      await daemon.inNetns("nft", DENY);
      equal(await second.asks("10.77.0.1", 18082), denied);
      match(await second.asks("10.77.0.1", 18081), /^from /);
      match(await second.asks("fd78::1", 18081), /^from /);
      match(await ask(daemon.netns, "127.0.0.1", 18081), /^from /);
      const gateway = await dockerOk(daemon, "inspect", "-f", "{{.NetworkSettings.Gateway}}", "w1");
      const hairpin = ["busybox", "wget", "-qO-", `http://${gateway}:18081/cgi-bin/who`];
      match(await dockerOk(daemon, "run", "--rm", ...hairpin), /^from /);
      await daemon.kill();
      await daemon.launch();
      match(await second.asks("10.77.0.1", 18081), /^from /);
      equal(await second.asks("10.77.0.1", 18082), denied);
    });

    it(
      args.length === 0
        ? "containers reach the outside and are reached, beside dockerd's, ufw's and firewalld's drops"
        : "what others drop stays dropped",
      async () => {
        const reached = args.length === 0;
        await dockerOk(daemon, "network", "create", "early");
        await dockerOk(daemon, "run", "-d", "--name", "f1", "--network", "early", "-p", "18084:80", ...WHO);
        await dockerOk(
          daemon,
          "exec",
          "f1",
          "sh",
          "-c",
          "until wget -qO- localhost/cgi-bin/who >/dev/null; do :; done",
        );
        await daemon.inNetns("nft", FOREIGN);
        await dockerOk(daemon, "network", "create", "late");
        await dockerOk(daemon, "run", "-d", "--name", "f2", "--network", "late", "busybox", "sleep", "100");
        for (const name of ["f1", "f2"]) {
          const { code } = await docker(daemon, ["exec", name, "ping", "-c1", "-W1", "10.77.0.2"]);
          equal(code === 0, reached, name);
        }
        if (reached) equal(await second.asks("10.77.0.1", 18084), "from 10.77.0.2");
        await dockerOk(daemon, "rm", "-f", "f1", "f2");
        const accepts = async (): Promise<number> =>
          [...(await daemon.inNetns("nft", "list", "ruleset")).matchAll(/accept comment "slipway_/g)].length;
        const before = await accepts();
        await dockerOk(daemon, "network", "rm", "early", "late");
        equal(before - (await accepts()), reached ? 8 : 0);
        await daemon.inNetns("nft", "delete table ip filter; delete table inet firewalld");
      },
    );

    it("datagrams reach a container and their answers come back", async () => {
      // The image has no server for datagrams; this machine has perl.
      const usr = ["/usr", "/lib", "/lib64"].flatMap((path) => ["-v", `${path}:${path}:ro`]);
      const echo =
        "socket(S,PF_INET,SOCK_DGRAM,0);bind(S,sockaddr_in(53,INADDR_ANY));while(my $p=recv(S,my $b,99,0)){send(S,qq(pong\\n),0,$p)}";
      await dockerOk(
        daemon,
        "run",
        "-d",
        "--name",
        "u1",
        "-p",
        "18083:53/udp",
        ...usr,
        "busybox",
        "/usr/bin/perl",
        "-MSocket",
        "-e",
        echo,
      );
      const asked =
        "exec 3<>/dev/udp/127.0.0.1/18083; for n in 1 2 3 4 5; do echo ping >&3; line=$(timeout 1 head -c 4 <&3) && break; done; echo $line";
      equal(await daemon.inNetns("bash", "-c", asked), "pong");
    });
  });
