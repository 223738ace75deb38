import ipaddr from "ipaddr.js";
import { EngineError } from "../base/errors.ts";

/** A range of addresses of one family, as numbers. */
export interface Cidr {
  readonly family: 4 | 6;
  /** The network's own address: host bits are 0. */
  readonly base: bigint;
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/**
 * Host bits are dropped: 10.1.2.3/16 is 10.1.0.0/16.
 * @throws EngineError InvalidParameter, in Go's words, which clients show.
 */
export function parseCidr(text: string): Cidr {
  const [address = "", prefix = ""] = text.split("/", 2);
  const bytes = tryParse(address);
  const prefixLength = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (bytes === undefined || prefixLength < 0 || prefixLength > bytes.length * 8)
    throw new EngineError("InvalidParameter", `invalid CIDR address: ${text}`);
  const family = bytes.length === 4 ? 4 : 6;
  const hostBits = BigInt(BITS[family] - prefixLength);
  return { family, base: (numberOf(bytes) >> hostBits) << hostBits, prefixLength };
}

export function formatCidr({ family, base, prefixLength }: Cidr): string {
  return `${formatAddress(family, base)}/${prefixLength}`;
}

/** How many addresses it has. */
export function sizeOf({ family, prefixLength }: Cidr): bigint {
  return 1n << BigInt(BITS[family] - prefixLength);
}

export function contains(range: Cidr, address: string): boolean {
  const bytes = tryParse(address);
  if (bytes === undefined || bytes.length * 8 !== BITS[range.family]) return false;
  return within(range, numberOf(bytes));
}

export function within(range: Cidr, address: bigint): boolean {
  return address >= range.base && address < range.base + sizeOf(range);
}

/** Whether they share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  return within(a, b.base) || within(b, a.base);
}

/** @throws EngineError InvalidParameter. */
export function parseAddress(text: string): { readonly family: 4 | 6; readonly number: bigint } {
  const bytes = addressBytes(text);
  return { family: bytes.length === 4 ? 4 : 6, number: numberOf(bytes) };
}

/** In network order, 4 or 16 of them. @throws EngineError InvalidParameter. */
export function addressBytes(text: string): Uint8Array {
  const bytes = tryParse(text);
  if (bytes === undefined) throw new EngineError("InvalidParameter", `invalid IP address: ${text}`);
  return bytes;
}

/** Four numbers, or IPv6 in its short form (RFC 5952). */
export function formatAddress(family: 4 | 6, address: bigint): string {
  const width = BITS[family] / 8;
  const bytes = Array.from({ length: width }, (_, at) => Number((address >> BigInt((width - 1 - at) * 8)) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

/** Only what inet_pton(3) takes: not 10.1, not octal numbers, no zone. */
function tryParse(text: string): Uint8Array | undefined {
  const fourParts = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text);
  if (!fourParts && !(text.includes(":") && !text.includes("%"))) return undefined;
  return ipaddr.isValid(text) ? Uint8Array.from(ipaddr.parse(text).toByteArray()) : undefined;
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
