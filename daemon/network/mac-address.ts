import { randomBytes } from "node:crypto";
import { addressBytes } from "./cidr.ts";

const format = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");

/**
 * The address of an endpoint, from its IPv4 address as Docker had it: whoever gets the IP address next has the same one, so no
 * neighbour's table is out of date.
 */
export function macFor(ipAddress: string): string {
  return format(Uint8Array.of(0x02, 0x42, ...addressBytes(ipAddress).slice(-4)));
}

/** Locally administered, of one station. */
export function randomMac(): string {
  return format(Uint8Array.of(0x02, 0x42, ...randomBytes(4)));
}
