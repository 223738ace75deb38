/** Sockets that keep a port of the host taken (bind(2), ip(7), ipv6(7)), without an event loop. */
import { closeSync } from "node:fs";
import { check, libc } from "./libc.ts";
import { bind, listen, setsockopt, socket } from "./socket-calls.ts";

const [AF_INET, AF_INET6] = [2, 10];
const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const KINDS = { tcp: [1, 6], udp: [2, 17], sctp: [1, 132] } as const;
const [SOL_SOCKET, SO_REUSEADDR] = [1, 2];
const [IPPROTO_IPV6, IPV6_V6ONLY] = [41, 26];
const BACKLOG = 128;

type Bytes = Uint8Array;
const getsockname = libc.func("int getsockname(int fd, void *address, void *length)") as (
  fd: number,
  address: Bytes,
  length: Bytes,
) => number;

export interface PortSocketOptions {
  readonly protocol: "tcp" | "udp" | "sctp";
  /** 4 or 16 bytes; all 0 is every address of the family. */
  readonly address: Bytes;
  /** 0: any free one. */
  readonly port: number;
  /** Takes connections, for a server to accept. Otherwise nobody can connect: what arrives at the port is refused. */
  readonly accepts: boolean;
  /** An IPv6 socket that has IPv4 clients too. */
  readonly dual?: boolean;
}

export interface PortSocket {
  readonly fd: number;
  readonly port: number;
}

/** The caller closes it. @throws SyscallError EADDRINUSE when the port is taken, EADDRNOTAVAIL when the host has no such address. */
export function openPortSocket({ protocol, address, port, accepts, dual = false }: PortSocketOptions): PortSocket {
  const ipv6 = address.byteLength === 16;
  const [type, number] = KINDS[protocol];
  const fd = check("socket", socket(ipv6 ? AF_INET6 : AF_INET, type | CLOEXEC_NONBLOCK, number), protocol);
  try {
    const on = Buffer.from([1, 0, 0, 0]);
    const only = dual ? Buffer.alloc(4) : on;
    if (ipv6) check("setsockopt", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, only, only.length));
    // A listener needs it where connections of an earlier one linger. Without listening it would let others have the port too.
    if (accepts) check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length));
    const name = encodeAddress(address, port);
    check("bind", bind(fd, name, name.length), `port ${port}`);
    if (accepts) check("listen", listen(fd, BACKLOG), `port ${port}`);
    return { fd, port: portOf(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** struct sockaddr_in, sockaddr_in6. @param scope number of the interface that an IPv6 address of a link is on. */
export function encodeAddress(address: Bytes, port: number, scope = 0): Buffer {
  const ipv6 = address.byteLength === 16;
  const name = Buffer.alloc(ipv6 ? 28 : 16);
  name.writeUInt16LE(ipv6 ? AF_INET6 : AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set(address, ipv6 ? 8 : 4);
  if (ipv6) name.writeUInt32LE(scope, 24);
  return name;
}

function portOf(fd: number): number {
  const name = Buffer.alloc(28);
  const length = Buffer.from([28, 0, 0, 0]);
  check("getsockname", getsockname(fd, name, length));
  return name.readUInt16BE(2);
}
