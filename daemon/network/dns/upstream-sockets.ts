import { createSocket } from "node:dgram";
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { openConnected } from "../../linux/datagrams.ts";
import { inNetworkNamespace } from "../../linux/network-namespace.ts";
import { addressBytes } from "../cidr.ts";
import { readFrames, toFrame } from "./frames.ts";

/** A server that knows what we do not. */
export interface Upstream {
  /** With a zone (RFC 4007) where it is one of a link: `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
  /** The network namespace that it is asked from; undefined is the daemon's. */
  readonly namespace: string | undefined;
}

/**
 * One question over one socket: the kernel gives each a port that nobody can guess, and takes answers from this server alone.
 * @param isAnswer others are passed over: somebody may guess.
 * @throws when the server does not answer before the signal does.
 */
export async function askByDatagram(
  upstream: Upstream,
  question: Buffer,
  isAnswer: (message: Buffer) => boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const socket = createSocket(upstream.address.includes(":") ? "udp6" : "udp4");
  const fd = openSocket("udp", upstream);
  socket.bind({ fd });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", reject);
  socket.on("message", (message) => {
    if (isAnswer(message)) resolve(message);
  });
  try {
    // Node's own send names the receiver, which libuv refuses on a socket that is connected.
    writeSync(fd, question);
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  }
}

/** Over a connection of its own (RFC 7766). As `askByDatagram`. */
export async function askByStream(
  upstream: Upstream,
  question: Buffer,
  isAnswer: (message: Buffer) => boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const socket = new Socket({ fd: openSocket("tcp", upstream), readable: true, writable: true });
  const onAbort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    socket.write(toFrame(question));
    for await (const message of readFrames(socket)) if (isAnswer(message)) return message;
    throw new Error(`${upstream.address} closed the connection`);
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

function openSocket(protocol: "udp" | "tcp", { address, port, namespace }: Upstream): number {
  const [plain = "", link] = address.split("%", 2);
  const open = (): number => openConnected(protocol, addressBytes(plain), port, link);
  return namespace === undefined ? open() : inNetworkNamespace(namespace, open);
}
