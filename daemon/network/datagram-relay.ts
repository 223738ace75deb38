import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";

/** What the kernel's own tracking gives a stream of datagrams (nf_conntrack_udp_timeout_stream). Milliseconds. */
const IDLE_MS = 120_000;
/** Of one port: a client beyond it takes the place of the one that was silent longest. */
const MAX_CLIENTS = 4096;

interface Client {
  readonly upstream: Socket;
  readonly end: NodeJS.Timeout;
}

/**
 * Passes datagrams on between a port of the host and a container: a socket a client, so that answers find their way back.
 * @param fd bound already; it is closed with the relay.
 */
export function relayDatagrams(
  fd: number,
  family: 4 | 6,
  target: { readonly host: string; readonly port: number },
): Disposable {
  const clients = new Map<string, Client>();
  const port = createSocket({ type: `udp${family}`, ipv6Only: family === 6 });
  const drop = (key: string): void => {
    const client = clients.get(key);
    clients.delete(key);
    if (client === undefined) return;
    clearTimeout(client.end);
    client.upstream.close();
  };
  port.on("message", (bytes, { address, port: from }) => {
    const key = `${address} ${from}`;
    let client = clients.get(key);
    if (client === undefined) {
      if (clients.size >= MAX_CLIENTS) drop(clients.keys().next().value ?? "");
      const upstream = createSocket(isIPv6(target.host) ? "udp6" : "udp4");
      upstream.on("message", (answer) => port.send(answer, from, address));
      // Nobody listens in the container: to this client it is as silent as any port that loses datagrams.
      upstream.on("error", () => undefined);
      client = { upstream, end: setTimeout(() => drop(key), IDLE_MS).unref() };
    } else clients.delete(key);
    // The last one to speak is the last in the map.
    clients.set(key, client);
    client.end.refresh();
    client.upstream.send(bytes, target.port, target.host);
  });
  port.on("error", () => undefined);
  port.bind({ fd, exclusive: true });
  port.unref();
  return {
    [Symbol.dispose](): void {
      for (const key of [...clients.keys()]) drop(key);
      port.close();
    },
  };
}
