import { decode, type Question } from "dns-packet";
import { canonical } from "./zone.ts";

/** A question that a client has asked. */
export interface Query {
  /** As it came: what is passed on, and what the answer repeats. */
  readonly bytes: Buffer;
  /** Where the one question ends. */
  readonly questionEnd: number;
  /** Canonical. */
  readonly name: string;
  readonly type: Question["type"];
  readonly isInternet: boolean;
  /** EDNS(0) of RFC 6891, where the client speaks it. */
  readonly edns: { readonly version: number; readonly size: number } | undefined;
}

/** What is wrong with a message, as the answer says it; undefined where an answer would be one too many. */
export type Malformed = { readonly rcode: number } | undefined;

export const HEADER = 12;
const QR = 0x80;
/** OPT, and what a client may sign with. */
const MOST_ADDITIONALS = 2;

/**
 * The header is looked at first: the counts in it are the sender's word, and the library makes room by them.
 * @param bytes belongs to the query from here.
 */
export function parseQuery(bytes: Buffer): Query | { readonly malformed: Malformed } {
  // An answer to an answer could go on for ever.
  if (bytes.length < HEADER || (bytes[2]! & QR) !== 0) return { malformed: undefined };
  if (((bytes[2]! >> 3) & 15) !== 0) return { malformed: { rcode: RCODE.notImplemented } };
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (counts[0] !== 1 || counts[1] !== 0 || counts[2] !== 0 || counts[3]! > MOST_ADDITIONALS)
    return { malformed: { rcode: RCODE.formatError } };
  const questionEnd = endOfQuestion(bytes);
  if (questionEnd === undefined) return { malformed: { rcode: RCODE.formatError } };
  try {
    return { bytes, questionEnd, ...read(bytes) };
  } catch {
    return { malformed: { rcode: RCODE.formatError } };
  }
}

function read(bytes: Buffer): Omit<Query, "bytes" | "questionEnd"> {
  const { questions = [], additionals = [] } = decode(bytes);
  const [question] = questions;
  if (question === undefined) throw new RangeError("no question");
  const options = additionals.filter((each) => each.type === "OPT");
  if (options.length > 1) throw new RangeError("more than one OPT");
  const edns = options.map(({ ednsVersion, udpPayloadSize }) => ({ version: ednsVersion, size: udpPayloadSize }))[0];
  return { name: canonical(question.name), type: question.type, isInternet: question.class === "IN", edns };
}

/** A question's name is never a pointer: there is nothing before it to point at. */
export function endOfQuestion(bytes: Buffer): number | undefined {
  let at = HEADER;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return undefined;
    at += length + 1;
    if (at - HEADER > 255) return undefined;
    if (length === 0) return at + 4 <= bytes.length ? at + 4 : undefined;
  }
}

/** RFC 1035, 4.1.1; RFC 6891, 9. */
export const RCODE = {
  success: 0,
  formatError: 1,
  serverFailure: 2,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;
