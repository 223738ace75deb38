import { closeSync } from "node:fs";
import { check, inBackground, libc, SyscallError } from "../libc.ts";
import { setsockopt, socket } from "../socket-calls.ts";
import {
  type Attribute,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  type Message,
  NLMSG_DONE,
  NLMSG_ERROR,
  textOf,
} from "./message.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_NETLINK = 270;
const [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK] = [10, 11, 12];
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
/** The kernel fills at most 32 KiB of a dump at a time. */
const RECEIVE_BYTES = 64 * 1024;

type Bytes = Uint8Array;
const sendFunction = libc.func("long send(int fd, const void *bytes, size_t length, int flags)");
const send = sendFunction as unknown as (fd: number, bytes: Bytes, length: number, flags: number) => number;
const recv = libc.func("long recv(int fd, void *bytes, size_t length, int flags)") as (
  fd: number,
  bytes: Bytes,
  length: number,
  flags: number,
) => number;

/**
 * A netlink socket, synchronous: the kernel has answered when `send` returns. It belongs to the network namespace in which
 * it was opened, for life.
 */
export class NetlinkSocket implements Disposable {
  #fd: number;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);
  #sequence = 0;

  /** @param protocol of netlink(7): 0 is NETLINK_ROUTE. */
  constructor(protocol: number) {
    this.#fd = check("socket", socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), "netlink");
    const on = Buffer.from([1, 0, 0, 0]);
    // An older kernel that knows one of them less only says less.
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK])
      setsockopt(this.#fd, SOL_NETLINK, option, on, on.length);
  }

  /**
   * Sends a request and waits for the kernel's word on it.
   * @param what for the error's text: `link eth0`.
   * @returns what came before the acknowledgement (the object, for a get).
   * @throws SyscallError with the kernel's errno and its extended text.
   */
  request(
    what: string,
    type: number,
    flags: number,
    header: Buffer,
    attributes: readonly Attribute[],
  ): readonly Message[] {
    return this.#acknowledged(what, this.#send(type, flags | NLM_F_ACK, header, attributes));
  }

  #acknowledged(what: string, sequence: number): readonly Message[] {
    const answers: Message[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type !== NLMSG_ERROR) answers.push(keep(message));
        else if (message.body.readInt32LE(0) === 0) return answers;
        else throw failure(what, message);
      }
    }
  }

  /** The same without waiting on this thread. Nothing else may use the socket meanwhile. */
  async requestInBackground(
    what: string,
    type: number,
    header: Buffer,
    attributes: readonly Attribute[],
  ): Promise<void> {
    const sequence = ++this.#sequence;
    const message = encodeMessage(type, NLM_F_REQUEST | NLM_F_ACK, sequence, header, attributes);
    await sendInBackground(this.#fd, message);
    // The answer is there: the kernel works within `send`.
    this.#acknowledged(what, sequence);
  }

  /** Every object of a kind. Done again when the kernel says that they changed meanwhile. */
  dump(what: string, type: number, header: Buffer, attributes: readonly Attribute[] = []): readonly Message[] {
    for (;;) {
      const found = this.#dumpOnce(what, type, header, attributes);
      if (found !== undefined) return found;
    }
  }

  #dumpOnce(
    what: string,
    type: number,
    header: Buffer,
    attributes: readonly Attribute[],
  ): readonly Message[] | undefined {
    const sequence = this.#send(type, NLM_F_DUMP, header, attributes);
    const found: Message[] = [];
    let torn = false;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        torn ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR) throw failure(what, message);
        if (message.type === NLMSG_DONE) return torn ? undefined : found;
        found.push(keep(message));
      }
    }
  }

  #send(type: number, flags: number, header: Buffer, attributes: readonly Attribute[]): number {
    const sequence = ++this.#sequence;
    const message = encodeMessage(type, flags | NLM_F_REQUEST, sequence, header, attributes);
    check("send", send(this.#fd, message, message.length, 0), "netlink");
    return sequence;
  }

  #receive(): Iterable<Message> {
    const length = check("recv", recv(this.#fd, this.#buffer, RECEIVE_BYTES, 0), "netlink");
    return decodeMessages(this.#buffer.subarray(0, length));
  }

  /** Idempotent: the number may be another file's by the second time. */
  [Symbol.dispose](): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) closeSync(fd);
  }
}

/** Out of the buffer that the next datagram overwrites. */
function keep(message: Message): Message {
  return { ...message, body: Buffer.from(message.body) };
}

async function sendInBackground(fd: number, message: Bytes): Promise<void> {
  if ((await inBackground(sendFunction, fd, message, message.byteLength, 0)) < 0)
    throw new Error("send to netlink failed");
}

/** struct nlmsgerr: the errno, the request's header (all of the request, where the kernel did not cap it), attributes. */
function failure(what: string, { body, flags }: Message): SyscallError {
  const start = (flags & NLM_F_CAPPED) !== 0 ? 4 + 16 : 4 + ((body.readUInt32LE(4) + 3) & ~3);
  const said =
    (flags & NLM_F_ACK_TLVS) === 0 ? undefined : textOf(decodeAttributes(body.subarray(start)).get(NLMSGERR_ATTR_MSG));
  return new SyscallError("netlink", -body.readInt32LE(0), said === undefined ? what : `${what} (${said})`);
}

/**
 * One request on a socket of its own, sent by another thread: for what the kernel takes long for, such as the end of an
 * interface. The namespace is the caller's.
 * @throws SyscallError as `request` does.
 */
export async function requestInBackground(
  what: string,
  protocol: number,
  type: number,
  header: Buffer,
  attributes: readonly Attribute[],
): Promise<void> {
  using netlink = new NetlinkSocket(protocol);
  await netlink.requestInBackground(what, type, header, attributes);
}
