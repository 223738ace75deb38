/** Netlink messages as bytes (netlink(7), rtnetlink(7)): numbers in the machine's order, which is little-endian here, all padded to 4. */

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const HEADER = 16;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

/** One encoded attribute. */
export type Attribute = Buffer;

const aligned = (length: number): number => (length + 3) & ~3;

/** An attribute with bytes as they are: an address in network order, a structure. */
export function attribute(type: number, value: Uint8Array): Attribute {
  const buffer = Buffer.alloc(aligned(4 + value.byteLength));
  buffer.writeUInt16LE(4 + value.byteLength, 0);
  buffer.writeUInt16LE(type, 2);
  buffer.set(value, 4);
  return buffer;
}

export function u8(type: number, value: number): Attribute {
  return attribute(type, Uint8Array.of(value));
}

export function u16(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return attribute(type, bytes);
}

export function u32(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return attribute(type, bytes);
}

/** With the NUL that the kernel wants behind names. */
export function text(type: number, value: string): Attribute {
  return attribute(type, Buffer.from(`${value}\0`));
}

export function nested(type: number, attributes: readonly Attribute[]): Attribute {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  header: Buffer,
  attributes: readonly Attribute[],
): Buffer {
  const body = Buffer.concat([header, ...attributes]);
  const message = Buffer.alloc(HEADER + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(body, HEADER);
  return message;
}

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the netlink header. */
  readonly body: Buffer;
}

/** The messages of one datagram. What is cut short ends the list: the kernel never sends it. */
export function* decodeMessages(datagram: Buffer): Generator<Message> {
  for (let at = 0; at + HEADER <= datagram.length;) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER || at + length > datagram.length) return;
    yield {
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      body: datagram.subarray(at + HEADER, at + length),
    };
    at += aligned(length);
  }
}

/** Attributes by type; the last one of a type wins, as in the kernel. */
export function decodeAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return attributes;
}

/** A string attribute without its NUL. */
export function textOf(value: Buffer | undefined): string | undefined {
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return value.toString("utf8", 0, end < 0 ? value.length : end);
}
