/** What is asked outside: servers of the test's own, on loopback. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, type DecodedPacket } from "dns-packet";
import { forward } from "../../../daemon/network/dns/forward.ts";
import { readFrames, toFrame } from "../../../daemon/network/dns/frames.ts";
import { HostServers } from "../../../daemon/network/dns/host-servers.ts";
import { parseQuery, type Query } from "../../../daemon/network/dns/query.ts";
import type { Upstream } from "../../../daemon/network/dns/upstream-sockets.ts";

type Answers = (question: Buffer, send: (answer: Buffer) => void) => void;
/** Nobody else has a port here, so that both protocols can have the same. */
const LOOPBACK = "127.53.53.53";
const NEVER = new AbortController().signal;
const UDP = { transport: "udp", limit: 512 } as const;

function query(name = "example.test"): Query {
  const bytes = encode({ type: "query", id: 7, flags: 0x100, questions: [{ type: "A", class: "IN", name }] });
  const parsed = parseQuery(bytes);
  ok("name" in parsed);
  return parsed;
}

function reply(question: Buffer, address: string, flags = 0x180): Buffer {
  const { id, questions = [] } = decode(question);
  const [{ name } = { name: "" }] = questions;
  return encode({ type: "response", id, flags, questions, answers: [{ type: "A", name, ttl: 1, data: address }] });
}

const addresses = (answer: Buffer | undefined): unknown =>
  answer && (decode(answer).answers ?? []).map((each) => ("data" in each ? each.data : undefined));
const rcode = (answer: Buffer): string => (decode(answer) as DecodedPacket & { rcode: string }).rcode;

describe("forward", () => {
  const sockets: Socket[] = [];
  const servers: Server[] = [];
  afterEach(() => {
    for (const each of sockets.splice(0)) each.close();
    for (const each of servers.splice(0)) each.close();
  });

  /** @param overTcp what it says there, where it says something. */
  async function server(overUdp: Answers, overTcp?: Answers): Promise<Upstream> {
    let port = 0;
    if (overTcp !== undefined) {
      const tcp = createServer((socket) => {
        void (async () => {
          for await (const question of readFrames(socket)) overTcp(question, (answer) => socket.write(toFrame(answer)));
        })();
      });
      tcp.listen(0, LOOPBACK);
      await once(tcp, "listening");
      servers.push(tcp);
      ({ port } = tcp.address() as AddressInfo);
    }
    const udp = createSocket("udp4");
    udp.on("message", (question, from) => overUdp(question, (answer) => udp.send(answer, from.port, from.address)));
    udp.bind(port, LOOPBACK);
    await once(udp, "listening");
    sockets.push(udp);
    return { address: LOOPBACK, port: udp.address().port, namespace: undefined };
  }

  it("gives the answer of the first server under the question's id, asked with another", async () => {
    const ids = new Set<number>();
    const upstream = await server((question, send) => {
      ids.add(question.readUInt16BE());
      send(reply(question, "192.0.2.1"));
    });
    for (let n = 0; n < 8; n++) {
      const answer = await forward(query(), [upstream], UDP, NEVER);
      deepEqual([answer?.readUInt16BE(), addresses(answer)], [7, ["192.0.2.1"]]);
    }
    ok(ids.size > 4, "ids by chance");
  });

  it("asks the next server when one is not there, fails or refuses; the failure holds when no other comes", async () => {
    const closed = { address: "127.0.0.1", port: 1, namespace: undefined };
    const fails = await server((question, send) => send(reply(question, "192.0.2.9", 0x182)));
    const refuses = await server((question, send) => send(reply(question, "192.0.2.9", 0x185)));
    const good = await server((question, send) => send(reply(question, "192.0.2.2")));
    deepEqual(addresses(await forward(query(), [closed, fails, good], UDP, NEVER)), ["192.0.2.2"]);
    deepEqual(addresses(await forward(query(), [refuses, good], UDP, NEVER)), ["192.0.2.2"]);
    const failure = await forward(query(), [fails, closed], UDP, NEVER);
    equal(failure && rcode(failure), "SERVFAIL");
    equal(await forward(query(), [closed], UDP, NEVER), undefined);
    equal(await forward(query(), [], UDP, NEVER), undefined);
  });

  it("takes a name that does not exist for an answer", async () => {
    const nobody = await server((question, send) => send(reply(question, "192.0.2.9", 0x183)));
    const other = await server((question, send) => send(reply(question, "192.0.2.2")));
    const answer = await forward(query(), [nobody, other], UDP, NEVER);
    equal(answer && rcode(answer), "NXDOMAIN");
  });

  it("passes over answers with another id, another question, or none", async () => {
    const upstream = await server((question, send) => {
      const forged = reply(question, "192.0.2.66");
      forged.writeUInt16BE(question.readUInt16BE() ^ 1);
      send(forged);
      const { id } = decode(question);
      send(encode({ type: "response", id, questions: [{ type: "A", class: "IN", name: "exbmple.test" }] }));
      send(encode({ type: "response", id, questions: [] }));
      send(Buffer.from("no message"));
      const honest = reply(question, "192.0.2.1");
      honest[13] = "E".charCodeAt(0);
      send(honest);
    });
    deepEqual(addresses(await forward(query(), [upstream], UDP, NEVER)), ["192.0.2.1"]);
  });

  it("asks again over TCP what was cut short, and gives the whole where the client can take it", async () => {
    const truncated: Answers = (question, send) => send(reply(question, "192.0.2.1", 0x380));
    const whole: Answers = (question, send) => send(reply(question, "192.0.2.3"));
    const upstream = await server(truncated, whole);
    deepEqual(addresses(await forward(query(), [upstream], UDP, NEVER)), ["192.0.2.3"]);
    const tight = await forward(query(), [upstream], { transport: "udp", limit: 20 }, NEVER);
    equal(tight && decode(tight).flag_tc, true);
    const alone = await forward(query(), [await server(truncated)], UDP, NEVER);
    equal(alone && decode(alone).flag_tc, true);
  });

  it("asks over TCP who asked over TCP, also by many small pieces", async () => {
    const upstream = await server(
      () => undefined,
      (question, send) => send(reply(question, "192.0.2.4")),
    );
    deepEqual(addresses(await forward(query(), [upstream], { transport: "tcp", limit: 65535 }, NEVER)), ["192.0.2.4"]);
  });

  it("ends with its signal", async () => {
    const upstream = await server(() => ending.abort());
    const ending = new AbortController();
    equal(await forward(query(), [upstream], UDP, ending.signal), undefined);
  });
});

describe("HostServers", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "slipway-dns-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  /** The kernel tells of changes in order: when the last one is seen, all are. */
  async function until(servers: HostServers, expected: readonly string[]): Promise<void> {
    while (JSON.stringify(servers.get()) !== JSON.stringify(expected)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      setImmediate(resolve);
      await promise;
    }
  }

  it("follows the file as it is written, replaced, and changed behind a link", async () => {
    const path = join(root, "resolv.conf");
    using servers = new HostServers(path);
    deepEqual(servers.get(), []);
    writeFileSync(
      path,
      "# none\nsearch x\nnameserver 192.0.2.1\n nameserver\tfd00::1 \nnameserver fe80::1%eth0\nnameserver x",
    );
    await until(servers, ["192.0.2.1", "fd00::1", "fe80::1%eth0"]);
    writeFileSync(path, "nameserver 192.0.2.2\n");
    await until(servers, ["192.0.2.2"]);
    writeFileSync(`${path}.new`, "nameserver 127.0.0.53\n");
    renameSync(`${path}.new`, path);
    await until(servers, ["127.0.0.53"]);
    const elsewhere = mkdtempSync(join(root, "run-"));
    writeFileSync(join(elsewhere, "stub"), "nameserver 192.0.2.4\n");
    symlinkSync(join(elsewhere, "stub"), `${path}.new`);
    renameSync(`${path}.new`, path);
    await until(servers, ["192.0.2.4"]);
    writeFileSync(join(elsewhere, "stub"), "nameserver 192.0.2.5\n");
    await until(servers, ["192.0.2.5"]);
    rmSync(path);
    await until(servers, []);
  });
});
