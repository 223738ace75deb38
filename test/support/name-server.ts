/** A name server of the test's own, in another network namespace: `n.test` has an address that says who answers. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { decode, encode } from "dns-packet";
import { inNetworkNamespace } from "../../daemon/linux/network-namespace.ts";
import { openPortSocket } from "../../daemon/linux/port-socket.ts";

/** Asked for it, the server cuts its answer over UDP short. */
const LARGE = "large.test";

export interface NameServer extends Disposable {
  /** What it was asked, in order, with the protocol. */
  readonly asked: string[];
}

/** @param address what names are said to have. Listens on port 53 of every IPv4 address of the namespace. */
export function nameServerIn(namespace: string, address: string): NameServer {
  const asked: string[] = [];
  const answer = (message: Buffer, protocol: "udp" | "tcp"): Buffer => {
    const { id, questions = [] } = decode(message);
    const name = questions[0]?.name ?? "";
    asked.push(`${protocol} ${name}`);
    const cut = protocol === "udp" && name === LARGE;
    const answers = name.endsWith(".test") ? [{ type: "A" as const, name, ttl: 1, data: address }] : [];
    const rcode = answers.length > 0 ? 0 : 3;
    return encode({ type: "response", id, flags: 0x180 | rcode | (cut ? 0x200 : 0), questions, answers });
  };
  const everywhere = new Uint8Array(4);
  const [udpFd, tcpFd] = inNetworkNamespace(namespace, () => [
    openPortSocket({ protocol: "udp", address: everywhere, port: 53, accepts: false }).fd,
    openPortSocket({ protocol: "tcp", address: everywhere, port: 53, accepts: true }).fd,
  ]);
  if (udpFd === undefined || tcpFd === undefined) throw new Error("no sockets");
  const udp = createSocket("udp4").bind({ fd: udpFd });
  udp.on("message", (message, { port, address: from }) => udp.send(answer(message, "udp"), port, from));
  const tcp = createServer((socket) =>
    socket.on("data", (frame) => {
      const message = answer(frame.subarray(2), "tcp");
      socket.write(Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]));
    }),
  ).listen({ fd: tcpFd });
  return {
    asked,
    [Symbol.dispose](): void {
      udp.close();
      tcp.close();
    },
  };
}
