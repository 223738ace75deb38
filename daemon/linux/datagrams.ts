/** Datagrams of a socket without an event loop (recvmmsg(2), sendmmsg(2)), and sockets that are connected where they are made. */
import { closeSync } from "node:fs";
import koffi from "koffi";
import { check, lastErrno, libc, SyscallError } from "./libc.ts";
import { encodeAddress } from "./port-socket.ts";
import { connect, socket } from "./socket-calls.ts";

const MSG_DONTWAIT = 0x40;
const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const [AF_INET, AF_INET6] = [2, 10];
const [EAGAIN, EINPROGRESS] = [11, 115];

type Bytes = Uint8Array;
const recvmmsg = libc.func("int recvmmsg(int fd, void *messages, uint count, int flags, void *timeout)") as (
  fd: number,
  messages: bigint,
  count: number,
  flags: number,
  timeout: null,
) => number;
const sendmmsg = libc.func("int sendmmsg(int fd, void *messages, uint count, int flags)") as (
  fd: number,
  messages: bigint,
  count: number,
  flags: number,
) => number;
const sendto = libc.func(
  "long sendto(int fd, const void *b, size_t n, int flags, const void *address, uint length)",
) as (fd: number, bytes: Bytes, size: number, flags: number, address: Bytes, length: number) => number;

const ifNameToIndex = libc.func("uint if_nametoindex(const char *name)") as (name: string) => number;

/** struct sockaddr_in */
const PEER_SIZE = 16;

/** struct mmsghdr on 64 bits: its size, and where its fields are. */
const MESSAGE = { size: 64, name: 0, nameLength: 8, parts: 16, partCount: 24, length: 56 };
/** struct iovec, as well. */
const PART = { size: 16, base: 0, length: 8 };

interface Slot {
  /** Of its struct mmsghdr. */
  readonly address: bigint;
  /** Where the length of what came is, and the length of the part. */
  readonly length: number;
  readonly partLength: number;
  /** struct sockaddr_in */
  readonly peer: Buffer;
  readonly bytes: Buffer;
}

/**
 * Datagrams over IPv4 that are taken together and answered together: one call to the kernel each way, and an asker that waits for
 * several answers is woken once. One does for many sockets, one after the other.
 */
export class DatagramBatch implements Disposable {
  readonly #memory: unknown;
  readonly #view: DataView;
  readonly #slots: readonly Slot[];
  /** How many answers wait for `send`: in the first slots, whose datagrams are done with. The others are ready to receive. */
  #waiting = 0;

  /**
   * @param count of datagrams at most
   * @param size of each in bytes; a longer one is cut off
   */
  constructor(count: number, size: number) {
    const rest = PART.size + PEER_SIZE + size;
    const total = count * (MESSAGE.size + rest);
    this.#memory = koffi.alloc("uint8_t", total);
    const all = koffi.view(this.#memory, total);
    const start = koffi.address(this.#memory);
    this.#view = new DataView(all);
    const put = (at: number, value: number | bigint): void => this.#view.setBigUint64(at, BigInt(value), true);
    this.#slots = Array.from({ length: count }, (_, index) => {
      const message = index * MESSAGE.size;
      const part = count * MESSAGE.size + index * rest;
      const [peer, bytes] = [part + PART.size, part + PART.size + PEER_SIZE];
      put(message + MESSAGE.name, start + BigInt(peer));
      put(message + MESSAGE.nameLength, PEER_SIZE);
      put(message + MESSAGE.parts, start + BigInt(part));
      put(message + MESSAGE.partCount, 1);
      put(part + PART.base, start + BigInt(bytes));
      put(part + PART.length, size);
      return {
        address: start + BigInt(message),
        length: message + MESSAGE.length,
        partLength: part + PART.length,
        peer: Buffer.from(all, peer, PEER_SIZE),
        bytes: Buffer.from(all, bytes, size),
      };
    });
  }

  /** Lets an answer wait for `send`; one that there is no room for goes out at once. */
  put(fd: number, answer: Bytes, receiver: Bytes): void {
    const slot = this.#slots[this.#waiting];
    if (slot === undefined || answer.length > slot.bytes.length) {
      send(fd, answer, receiver);
      return;
    }
    slot.bytes.set(answer);
    slot.peer.set(receiver);
    this.#view.setUint32(slot.partLength, answer.length, true);
    this.#waiting++;
  }

  /**
   * Takes what has come, without waiting, and sends the answers to it, behind those that wait.
   * @param answerTo is told what is in the first `length` bytes, and the struct sockaddr_in that it is from; both are free again
   * when it returns.
   * @returns whether anything came: there may be more.
   */
  exchange(fd: number, answerTo: (bytes: Buffer, length: number, sender: Buffer) => Bytes | undefined): boolean {
    const start = this.#waiting;
    const room = this.#slots.length - start;
    const count = room === 0 ? 0 : recvmmsg(fd, this.#slots[start]!.address, room, MSG_DONTWAIT, null);
    try {
      for (let at = start; at < start + count; at++) {
        const { bytes, length, peer } = this.#slots[at]!;
        const answer = answerTo(bytes, this.#view.getUint32(length, true), peer);
        if (answer !== undefined) this.put(fd, answer, peer);
      }
    } finally {
      // Whatever happens, no answer of this socket waits for the next one.
      this.send(fd);
    }
    return count > 0;
  }

  /** Sends the answers that wait. What the kernel has no room for is lost, as datagrams are. */
  send(fd: number): void {
    for (let at = 0; at < this.#waiting;) {
      // One that cannot be sent ends the call when others went before it, and fails it otherwise: it is passed over.
      at += Math.max(1, sendmmsg(fd, this.#slots[at]!.address, this.#waiting - at, MSG_DONTWAIT));
    }
    while (this.#waiting > 0) {
      const { partLength, bytes } = this.#slots[--this.#waiting]!;
      this.#view.setUint32(partLength, bytes.length, true);
    }
  }

  [Symbol.dispose](): void {
    koffi.free(this.#memory);
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
