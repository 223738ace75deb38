import { equal } from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { openPortSocket } from "../../../daemon/linux/port-socket.ts";
import { proxyTo } from "../../../daemon/network/loopback-proxy.ts";

const LOOPBACK = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

describe("proxyTo", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** @returns the port of [::1] behind which the server stands. */
  async function behind(server: Server): Promise<number> {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const socket = openPortSocket({ protocol: "tcp", address: LOOPBACK, port: 0, accepts: true });
    const target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    servers.push(server, proxyTo(socket.fd, target));
    return socket.port;
  }

  it("passes on from ::1 to IPv4, each direction ending by itself", async () => {
    const port = await behind(
      createServer({ allowHalfOpen: true }, (socket) => void text(socket).then((said) => socket.end(`heard ${said}`))),
    );
    const client = connect({ host: "::1", port, allowHalfOpen: true });
    client.end("something");
    equal(await text(client), "heard something");
  });

  it("carries megabytes both ways, to a reader that is slow to start", async () => {
    const port = await behind(createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)));
    const client = connect({ host: "::1", port, allowHalfOpen: true });
    const sent = Buffer.alloc(8 * 1024 * 1024, "x");
    client.end(sent);
    await once(client, "readable");
    equal((await buffer(client)).equals(sent), true);
  });

  it("ends the client's connection when nobody listens behind it", async () => {
    const nobody = createServer();
    const port = await behind(nobody);
    nobody.close();
    const client = connect({ host: "::1", port });
    client.on("error", () => undefined).resume();
    await once(client, "close");
  });
});
