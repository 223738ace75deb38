/** Datagrams of a socket without an event loop (recvfrom(2), sendto(2)), and sockets that are connected where they are made. */
import { closeSync } from "node:fs";
import { check, lastErrno, libc, SyscallError } from "./libc.ts";
import { encodeAddress } from "./port-socket.ts";
import { connect, socket } from "./socket-calls.ts";

const MSG_DONTWAIT = 0x40;
const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const [AF_INET, AF_INET6] = [2, 10];
const [EAGAIN, EINPROGRESS] = [11, 115];

type Bytes = Uint8Array;
const recvfrom = libc.func("long recvfrom(int fd, void *b, size_t n, int flags, void *address, void *length)") as (
  fd: number,
  buffer: Bytes,
  size: number,
  flags: number,
  address: Bytes,
  length: Bytes,
) => number;
const sendto = libc.func(
  "long sendto(int fd, const void *b, size_t n, int flags, const void *address, uint length)",
) as (fd: number, bytes: Bytes, size: number, flags: number, address: Bytes, length: number) => number;

const ifNameToIndex = libc.func("uint if_nametoindex(const char *name)") as (name: string) => number;

/** struct sockaddr_in */
const PEER_SIZE = 16;

/** Room for one datagram and who sent it, over IPv4. One does for many sockets: it holds until the next `receive`. */
export class DatagramBuffer {
  readonly bytes: Buffer;
  /** struct sockaddr_in */
  readonly sender = Buffer.alloc(PEER_SIZE);
  readonly #length = Buffer.from([PEER_SIZE, 0, 0, 0]);

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  /** @returns how long the datagram is, as much of it as there is room for; below 0 when none is there. */
  receive(fd: number): number {
    return recvfrom(fd, this.bytes, this.bytes.length, MSG_DONTWAIT, this.sender, this.#length);
  }
}

/** struct sockaddr_in of an address as text. */
export function encodePeer(address: string, port: number): Buffer {
  return encodeAddress(Uint8Array.from(address.split("."), Number), port);
}

/** What the kernel has no room for is lost, as datagrams are. */
export function send(fd: number, bytes: Bytes, receiver: Bytes): void {
  sendto(fd, bytes, bytes.length, MSG_DONTWAIT, receiver, receiver.length);
}

/**
 * A socket on its way to `address`, of the network namespace that this thread is in. Over tcp the connection is not there yet.
 * The caller closes it.
 * @param link the interface that an IPv6 address of a link is on.
 */
export function openConnected(protocol: "udp" | "tcp", address: Bytes, port: number, link?: string): number {
  const family = address.byteLength === 16 ? AF_INET6 : AF_INET;
  const fd = check("socket", socket(family, (protocol === "udp" ? 2 : 1) | CLOEXEC_NONBLOCK, 0), protocol);
  const name = encodeAddress(address, port, link === undefined ? 0 : ifNameToIndex(link));
  if (connect(fd, name, name.length) < 0 && lastErrno() !== EINPROGRESS && lastErrno() !== EAGAIN) {
    const error = new SyscallError("connect", lastErrno(), `port ${port}`);
    closeSync(fd);
    throw error;
  }
  return fd;
}
