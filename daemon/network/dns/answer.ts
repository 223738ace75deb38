/**
 * Answers as bytes. Written here and not by dns-packet because it repeats the whole name in each record, where a pointer of two
 * bytes does (RFC 1035, 4.1.4): with it an answer over UDP has room for 30 addresses instead of 13.
 */
import { addressBytes } from "../cidr.ts";
import { HEADER, type Query, RCODE } from "./query.ts";

export interface Answer {
  readonly type: 1 | 28 | 12;
  readonly data: Uint8Array;
}

/** Seconds. Docker's; libraries that cache ask again when a connection fails. */
const TTL = 600;
/** Without EDNS; RFC 1035, 2.3.4. */
const SMALLEST = 512;
/** What we say that we take. Loopback has no fragments. */
const OWN_SIZE = 4096;
const [RD, QR, RA, TC] = [0x01, 0x80, 0x80, 0x02];

export function address(text: string): Answer {
  const data = addressBytes(text);
  return { type: data.length === 4 ? 1 : 28, data };
}

export function pointer(name: string): Answer {
  const labels = name.split(".").map((label) => Buffer.from(label));
  return {
    type: 12,
    data: Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]),
  };
}

/** How much a client can take. */
export function sizeLimit({ edns }: Query, transport: "udp" | "tcp"): number {
  return transport === "tcp" ? 0xffff : Math.max(SMALLEST, edns?.size ?? 0);
}

/** The answers that `limit` has room for, and the bit that says so where it is not all. */
export function answerTo(
  query: Query,
  answers: readonly Answer[],
  limit: number,
  rcode: number = RCODE.success,
): Buffer {
  const { bytes, questionEnd, edns } = query;
  const option = edns === undefined ? Buffer.alloc(0) : optionRecord(rcode);
  const parts: Uint8Array[] = [Buffer.from(bytes.subarray(0, questionEnd))];
  let room = limit - questionEnd - option.length;
  let count = 0;
  for (const record of answers.map(encodeRecord)) {
    room -= record.length;
    if (room < 0) break;
    parts.push(record);
    count++;
  }
  const message = Buffer.concat([...parts, option]);
  writeHeader(message, rcode, count < answers.length);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(count, 6);
  message.writeUInt16BE(edns === undefined ? 0 : 1, 10);
  return message;
}

/** For what has no question that could be repeated. */
export function complaint(bytes: Buffer, rcode: number): Buffer {
  const message = Buffer.alloc(HEADER);
  bytes.copy(message, 0, 0, 4);
  writeHeader(message, rcode, false);
  return message;
}

/** Id, opcode and RD are the question's. */
function writeHeader(message: Buffer, rcode: number, truncated: boolean): void {
  message[2] = QR | (message[2]! & (0x78 | RD)) | (truncated ? TC : 0);
  message[3] = RA | (rcode & 15);
  message.fill(0, 4, HEADER);
}

function encodeRecord({ type, data }: Answer): Buffer {
  const record = Buffer.alloc(12 + data.length);
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL, 6);
  record.writeUInt16BE(data.length, 10);
  record.set(data, 12);
  return record;
}

/** RFC 6891, 6.1.2: the upper bits of the code are in its TTL. */
function optionRecord(rcode: number): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(41, 1);
  record.writeUInt16BE(OWN_SIZE, 3);
  record[5] = rcode >> 4;
  return record;
}
