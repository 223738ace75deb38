import { CAPABILITIES } from "../base/linux-capabilities.ts";

/** As a kernel's bit set. Names that it does not know are left out: what has no name here cannot be had. */
export function capabilityMask(names: readonly string[]): bigint {
  return CAPABILITIES.reduce((mask, name, bit) => (names.includes(name) ? mask | (1n << BigInt(bit)) : mask), 0n);
}
