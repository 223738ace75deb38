import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Takes connections on a descriptor and passes them on, with back-pressure and half-closes. Only for what NAT cannot do: the
 * kernel routes nothing from ::1, and does not turn IPv6 into IPv4.
 * @param fd listens already; it is closed with the server.
 */
export function proxyTo(fd: number, target: { readonly host: string; readonly port: number }): Server {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    join(client, upstream);
    join(upstream, client);
    upstream.once("connect", () => client.resume());
  });
  // A port that cannot be accepted on any more is still held; its clients see a refusal.
  server.on("error", () => undefined);
  server.listen({ fd });
  server.unref();
  return server;
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", (failed) => {
    if (failed) to.destroy();
  });
}
