/** Names as real containers find them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { decode, encode, type DecodedPacket, type Packet, type RecordType } from "dns-packet";
import { askByDatagram, askByStream } from "../../daemon/network/dns/upstream-sockets.ts";
import { TestDaemon } from "../support/daemon.ts";
import { docker, dockerOk, needsDocker } from "../support/docker-cli.ts";
import { nameServerIn, type NameServer } from "../support/name-server.ts";
import { within } from "../support/time-limit.ts";

describe("names of containers", function () {
  this.timeout(90_000);
  let daemon: TestDaemon;
  let upstream: NameServer;
  before(needsDocker);
  before(async () => {
    // Only the daemon reaches that address: a container that asked it itself would ask itself.
    daemon = await TestDaemon.start({ args: ["--dns", "127.0.0.1"] });
    upstream = nameServerIn(`/run/netns/${daemon.netns}`, "192.0.2.1");
    await cli("network", "create", "--subnet", "10.91.0.0/16", "--subnet", "fd91::/64", "--ipv6", "net1");
    await cli("network", "create", "--subnet", "10.92.0.0/16", "net2");
    await cli("network", "create", "--internal", "inner");
    await sleeper("w1", "--network", "net1", "--ip", "10.91.1.1", "--network-alias", "web", "--hostname", "host1");
    await sleeper("w2", "--network", "net1", "--ip", "10.91.1.2", "--network-alias", "web", "--link", "w1:db");
    await sleeper("o1", "--network", "net2");
    await sleeper("i1", "--network", "inner");
  });
  after(async () => {
    upstream?.[Symbol.dispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  const cli = (...args: readonly string[]): Promise<string> => dockerOk(daemon, ...args);
  const sleeper = (name: string, ...args: readonly string[]): Promise<string> =>
    cli("run", "-d", "--name", name, ...args, "busybox", "sleep", "1000");
  const inspect = (ref: string, format: string): Promise<string> => cli("inspect", "-f", format, ref);

  interface Answer {
    readonly rcode: string;
    readonly data: readonly unknown[];
    readonly truncated: boolean;
  }

  /** What a process of the container gets from 127.0.0.11. */
  async function ask(
    container: string,
    name: string,
    { type = "A", over = "udp", more = {} }: { type?: RecordType; over?: "udp" | "tcp"; more?: Partial<Packet> } = {},
  ): Promise<Answer> {
    const namespace = `/proc/${await inspect(container, "{{.State.Pid}}")}/ns/net`;
    const question = encode({ type: "query", id: 9, flags: 0x100, questions: [{ type, class: "IN", name }], ...more });
    const client = over === "udp" ? askByDatagram : askByStream;
    const server = { address: "127.0.0.11", port: 53, namespace };
    const message = await client(server, question, () => true, within(10_000));
    const answer = decode(message) as DecodedPacket & { rcode: string };
    const data = (answer.answers ?? []).map((each) => ("data" in each ? each.data : undefined));
    return { rcode: answer.rcode, data, truncated: answer.flag_tc };
  }
  const addresses = async (...args: Parameters<typeof ask>): Promise<readonly unknown[] | string> => {
    const { rcode, data } = await ask(...args);
    return rcode === "NOERROR" ? data : rcode;
  };

  it("the resolver of a container finds names, aliases, hostnames, ids and links", async () => {
    const shortId = (await inspect("w1", "{{.Id}}")).slice(0, 12);
    for (const name of ["w1", "W1", "w1.net1", "host1", shortId, "db"])
      match(await cli("exec", "w2", "ping", "-c1", "-W2", "-4", name), /\(10\.91\.1\.1\)/, name);
    match(await cli("exec", "w2", "nslookup", "web"), /10\.91\.1\.[12][^]*10\.91\.1\.[12]/);
    match(await cli("exec", "w2", "nslookup", "10.91.1.1"), /name = w1\.net1/);
  });

  it("a link is a name of its container alone", async () => {
    deepEqual([await addresses("w2", "db"), await addresses("w1", "db")], [["10.91.1.1"], "NXDOMAIN"]);
    const names = await inspect("w1", "{{.NetworkSettings.Networks.net1.DNSNames}}");
    equal(names, `[w1 web ${(await inspect("w1", "{{.Id}}")).slice(0, 12)} host1]`);
    equal(await inspect("w2", '{{(index .NetworkSettings.Networks "net1").Links}}'), "[w1:db]");
  });

  it("answers IPv6, reverse names of both families, and types that a name has not", async () => {
    const ipv6 = await inspect("w1", "{{.NetworkSettings.Networks.net1.GlobalIPv6Address}}");
    deepEqual(await addresses("w2", "w1", { type: "AAAA" }), [ipv6]);
    deepEqual(await addresses("w2", "o1", { type: "AAAA" }), "NXDOMAIN");
    deepEqual(await addresses("o1", "o1", { type: "AAAA" }), []);
    deepEqual(await addresses("w2", "w1", { type: "MX" }), []);
    match(await cli("exec", "w2", "nslookup", ipv6), /name = w1\.net1/);
  });

  it("answers over TCP and with EDNS as over UDP", async () => {
    deepEqual(await addresses("w2", "w1", { over: "tcp" }), ["10.91.1.1"]);
    const additionals: Packet["additionals"] = [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ];
    deepEqual(await addresses("w2", "w1", { more: { additionals } }), ["10.91.1.1"]);
  });

  it("keeps names of one network from another, until a container is on both", async () => {
    equal(await addresses("o1", "w1"), "NXDOMAIN");
    await cli("network", "connect", "--alias", "late", "net1", "o1");
    deepEqual(await addresses("o1", "w1"), ["10.91.1.1"]);
    equal((await ask("w1", "late")).data.length, 1);
    match(await cli("exec", "o1", "cat", "/etc/hosts"), /^10\.91\..*\n(.*\n)*/m);
    await cli("network", "disconnect", "net1", "o1");
    deepEqual([await addresses("w1", "late"), await addresses("o1", "w1")], ["NXDOMAIN", "NXDOMAIN"]);
    ok(!(await cli("exec", "o1", "cat", "/etc/hosts")).includes("10.91."));
  });

  it("follows a rename at once, and forgets who has ended", async () => {
    await sleeper("before", "--network", "net1", "--ip", "10.91.1.9");
    await cli("rename", "before", "after");
    deepEqual([await addresses("w1", "before"), await addresses("w1", "after")], ["NXDOMAIN", ["10.91.1.9"]]);
    match(await cli("exec", "w1", "nslookup", "10.91.1.9"), /name = after\.net1/);
    await cli("rm", "-f", "after");
    equal(await addresses("w1", "after"), "NXDOMAIN");
  });

  it("asks outside what it does not know, in the daemon's network, over TCP what is cut short", async () => {
    upstream.asked.length = 0;
    deepEqual(await addresses("w1", "n.test"), ["192.0.2.1"]);
    deepEqual(await addresses("w1", "n.test", { over: "tcp" }), ["192.0.2.1"]);
    deepEqual(await ask("w1", "large.test"), { rcode: "NOERROR", data: ["192.0.2.1"], truncated: false });
    equal(await addresses("w1", "missing.example"), "NXDOMAIN");
    deepEqual(upstream.asked, ["udp n.test", "tcp n.test", "udp large.test", "tcp large.test", "udp missing.example"]);
  });

  it("asks nobody for a container that has no way out (CVE-2024-29018), until it has one", async () => {
    upstream.asked.length = 0;
    equal(await addresses("i1", "n.test"), "SERVFAIL");
    deepEqual(upstream.asked, []);
    deepEqual(await addresses("i1", "i1"), [await inspect("i1", "{{.NetworkSettings.Networks.inner.IPAddress}}")]);
    await cli("network", "connect", "net2", "i1");
    deepEqual(await addresses("i1", "n.test"), ["192.0.2.1"]);
    await cli("network", "disconnect", "net2", "i1");
    equal(await addresses("i1", "n.test"), "SERVFAIL");
  });

  it("asks the servers of --dns from inside of the container", async () => {
    await sleeper("own", "--network", "net1", "--dns", "10.91.0.1");
    await sleeper("local", "--network", "net1", "--dns", "127.0.0.1");
    upstream.asked.length = 0;
    deepEqual(await addresses("own", "n.test"), ["192.0.2.1"]);
    deepEqual(upstream.asked, ["udp n.test"]);
    equal(await addresses("local", "n.test"), "SERVFAIL");
    using own = nameServerIn(`/proc/${await inspect("local", "{{.State.Pid}}")}/ns/net`, "192.0.2.2");
    deepEqual(await addresses("local", "n.test"), ["192.0.2.2"]);
    deepEqual(own.asked, ["udp n.test"]);
    await cli("rm", "-f", "own", "local");
  });

  it("search domains and options are the container's; plain names stay inside with ndots", async () => {
    const args = (domain: string): readonly string[] => [
      "run",
      "--rm",
      "--network",
      "net1",
      "--dns-search",
      domain,
      "--dns-option",
      "ndots:3",
      "busybox",
    ];
    const file = await cli(...args("test"), "cat", "/etc/resolv.conf");
    equal(file, "nameserver 127.0.0.11\nsearch test\noptions ndots:3");
    upstream.asked.length = 0;
    match(await cli(...args("example"), "ping", "-c1", "-W1", "-4", "w1"), /10\.91\.1\.1/);
    match(await cli(...args("test"), "nslookup", "n"), /n\.test[^]*192\.0\.2\.1/);
    ok(!upstream.asked.includes("udp n"), "the plain name was asked for outside");
  });

  it("the default bridge has the daemon's servers and no names, until the container joins another network", async () => {
    await sleeper("plain");
    equal(await cli("exec", "plain", "cat", "/etc/resolv.conf"), "nameserver 127.0.0.1");
    ok((await docker(daemon, ["exec", "plain", "ping", "-c1", "-W1", "plain2"])).code !== 0);
    await cli("network", "connect", "net1", "plain");
    match(await cli("exec", "plain", "cat", "/etc/resolv.conf"), /^nameserver 127\.0\.0\.11$/m);
    match(await cli("exec", "plain", "ping", "-c1", "-W1", "-4", "w1"), /10\.91\.1\.1/);
    await cli("network", "disconnect", "net1", "plain");
    equal(await cli("exec", "plain", "cat", "/etc/resolv.conf"), "nameserver 127.0.0.1");
    // Who has read the file before still asks there.
    deepEqual([await addresses("plain", "w1"), await addresses("plain", "n.test")], ["NXDOMAIN", ["192.0.2.1"]]);
    await cli("rm", "-f", "plain");
  });

  it("a resolv.conf that the container has changed is left as it is", async () => {
    await sleeper("writer");
    await cli("exec", "writer", "sh", "-c", "echo nameserver 192.0.2.9 >/etc/resolv.conf");
    await cli("network", "connect", "net1", "writer");
    equal(await cli("exec", "writer", "cat", "/etc/resolv.conf"), "nameserver 192.0.2.9");
    await cli("rm", "-f", "writer");
  });

  it("leaves port 53 of every address to a name server in the container", async () => {
    await sleeper("server", "--network", "net1");
    const pid = await inspect("server", "{{.State.Pid}}");
    using _ = nameServerIn(`/proc/${pid}/ns/net`, "192.0.2.3");
    deepEqual(await addresses("server", "w1"), ["10.91.1.1"]);
    const { rcode, data } = await askAt("w1", await inspect("server", "{{.NetworkSettings.Networks.net1.IPAddress}}"));
    deepEqual([rcode, data], [0, 1]);
    await cli("rm", "-f", "server");
  });

  it("answers again after the daemon was killed, before the API is there", async () => {
    await daemon.kill();
    await daemon.launch();
    deepEqual(await addresses("w1", "w2"), ["10.91.1.2"]);
    deepEqual(await addresses("w2", "db"), ["10.91.1.1"]);
    deepEqual(await addresses("w1", "w2", { over: "tcp" }), ["10.91.1.2"]);
    equal(await addresses("i1", "n.test"), "SERVFAIL");
    await daemon.kill("SIGTERM");
    await daemon.launch();
    deepEqual(await addresses("w1", "w2"), ["10.91.1.2"]);
  });

  /** Of a server at another address, from a container. */
  async function askAt(container: string, address: string): Promise<{ rcode: number; data: number }> {
    const namespace = `/proc/${await inspect(container, "{{.State.Pid}}")}/ns/net`;
    const question = encode({ type: "query", id: 9, questions: [{ type: "A", class: "IN", name: "n.test" }] });
    const server = { address, port: 53, namespace };
    const message = await askByDatagram(server, question, () => true, within(10_000));
    return { rcode: (message[3] ?? 0) & 15, data: message.readUInt16BE(6) };
  }
});
