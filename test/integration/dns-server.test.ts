/** The name server of a sandbox without a container: who may ask, and how. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "dns-packet";
import { silent } from "../../daemon/base/logger.ts";
import { openConnected } from "../../daemon/linux/datagrams.ts";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";
import { createEmbeddedDns, type EmbeddedDns, type SandboxNames } from "../../daemon/network/dns/embedded-dns.ts";
import { readFrames, toFrame } from "../../daemon/network/dns/frames.ts";
import { askByDatagram, askByStream } from "../../daemon/network/dns/upstream-sockets.ts";
import { createSandboxes } from "../../daemon/network/sandboxes.ts";
import { enterOwnNetns } from "../support/own-netns.ts";
import { within } from "../support/time-limit.ts";

const NAMES: SandboxNames = {
  networks: [{ id: "n", name: "net", addresses: ["10.9.0.1"], links: {} }],
  hasWayOut: false,
  servers: [],
  keepsPlainNames: false,
};
const SERVER = Uint8Array.of(127, 0, 0, 11);
const question = (name: string, id = 9): Buffer =>
  encode({ type: "query", id, flags: 0x100, questions: [{ type: "A", class: "IN", name }] });
const addressOf = (message: Buffer): unknown =>
  (decode(message).answers ?? []).map((each) => "data" in each && each.data);

describe("EmbeddedDns", () => {
  const sandboxes = createSandboxes({ userNamespace: false });
  let netns: Disposable;
  let root: string;
  let path: string;
  let dns: EmbeddedDns & Disposable;
  beforeEach(() => {
    netns = enterOwnNetns();
    root = mkdtempSync(join(tmpdir(), "slipway-dns-"));
    path = join(root, "sandbox");
    sandboxes.create(path);
    dns = start();
  });
  afterEach(() => {
    dns[Symbol.dispose]();
    sandboxes.remove(path);
    rmSync(root, { recursive: true });
    netns[Symbol.dispose]();
  });

  function start(): EmbeddedDns & Disposable {
    const started = createEmbeddedDns({ log: silent, servers: [] });
    started.serve(path, NAMES);
    started.putMember("n", "e", { names: ["web"], ipv4: "10.9.0.1", ipv6: "" });
    return started;
  }

  const server = (): { address: string; port: number; namespace: string } => ({
    address: "127.0.0.11",
    port: 53,
    namespace: path,
  });
  const any = (): boolean => true;
  const soon = (): AbortSignal => within(5000);
  const connect = (): Socket => new Socket({ fd: inNetworkNamespace(path, () => openConnected("tcp", SERVER, 53)) });

  it("answers over both protocols, in the sandbox alone", async () => {
    deepEqual(addressOf(await askByDatagram(server(), question("web"), any, soon())), ["10.9.0.1"]);
    deepEqual(addressOf(await askByStream(server(), question("web"), any, soon())), ["10.9.0.1"]);
    const outside = { ...server(), namespace: undefined };
    const refused = await askByDatagram(outside, question("web"), any, soon()).catch((error: Error) => error.message);
    ok(String(refused).includes("ECONNREFUSED"), String(refused));
  });

  it("takes questions over TCP one after the other, in pieces as they come", async () => {
    const socket = connect();
    const all = Buffer.concat([1, 2, 3].map((id) => toFrame(question(id === 2 ? "nobody" : "web", id))));
    for (const byte of all) socket.write(Uint8Array.of(byte));
    socket.end();
    const seen: (readonly [id: number, rcode: number])[] = [];
    for await (const message of readFrames(socket)) seen.push([message.readUInt16BE(), (message[3] ?? 0) & 15]);
    deepEqual(seen, [
      [1, 0],
      [2, 2],
      [3, 0],
    ]);
  });

  it("closes a connection that says nothing of sense, and has room for no more than 32", async () => {
    const nonsense = connect();
    nonsense.write(toFrame(Buffer.from([1, 2, 3])));
    nonsense.resume();
    await once(nonsense, "close");
    const many = Array.from({ length: 40 }, connect);
    const closed = many.map(async (socket) => {
      socket.on("error", () => undefined).resume();
      await once(socket, "close");
    });
    await Promise.race(closed);
    for (const socket of many) socket.destroy();
    await Promise.all(closed);
    deepEqual(addressOf(await askByStream(server(), question("web"), any, soon())), ["10.9.0.1"]);
  });

  it("answers loopback and the sandbox's own addresses, and nobody who came in from elsewhere", async () => {
    for (const address of ["10.9.0.1/32", "10.9.0.7/32"])
      execFileSync("nsenter", [`--net=${path}`, "ip", "address", "add", address, "dev", "lo"]);
    const from = (last: number) => {
      const address = Uint8Array.of(10, 9, 0, last);
      const fd = inNetworkNamespace(
        path,
        () => openPortSocket({ protocol: "udp", address, port: 0, accepts: false }).fd,
      );
      return createSocket("udp4").bind({ fd });
    };
    const [own, stranger] = [from(1), from(7)];
    stranger.on("message", () => ok(false, "a stranger was answered"));
    stranger.send(question("web"), 53, "127.0.0.11");
    // What comes later is answered: the stranger was passed over by then.
    own.send(question("web"), 53, "127.0.0.11");
    const [message] = (await once(own, "message")) as [Buffer];
    deepEqual(addressOf(message), ["10.9.0.1"]);
    own.close();
    stranger.close();
  });

  it("servers of a link are asked over their interface", async () => {
    execFileSync("ip", ["link", "add", "link0", "type", "veth", "peer", "name", "link1"]);
    for (const name of ["link0", "link1"]) execFileSync("ip", ["link", "set", name, "up"]);
    execFileSync("ip", ["address", "add", "fe80::53/64", "dev", "link0", "nodad"]);
    const there = createSocket("udp6");
    there.on("message", (message, { port, address }) => there.send(message, port, address));
    there.bind(0, "::");
    await once(there, "listening");
    const upstream = { address: "fe80::53%link0", port: there.address().port, namespace: undefined };
    deepEqual(await askByDatagram(upstream, question("web"), any, soon()), question("web"));
    there.close();
  });

  it("a new daemon takes over a sandbox; one that is served no more is silent", async () => {
    dns[Symbol.dispose]();
    dns = start();
    deepEqual(addressOf(await askByDatagram(server(), question("web"), any, soon())), ["10.9.0.1"]);
    equal(dns.isServed(path), true);
    dns.stop(path);
    dns.stop(path);
    equal(dns.isServed(path), false);
    const sockets = execFileSync("nsenter", [`--net=${path}`, "ss", "-Hlntu"], { encoding: "utf8" });
    equal(sockets, "");
  });
});
