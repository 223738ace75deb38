import { EngineError } from "../base/errors.ts";
import { type Cidr, contains, formatAddress, parseAddress, parseCidr, sizeOf, within } from "./cidr.ts";
import type { AddressPool } from "./network-driver.ts";

export interface AddressRangeOptions {
  readonly subnet: string;
  /** Where addresses are taken from that nobody asked for by name; all of the subnet by default. */
  readonly range?: string;
  /** Never given out: the gateway, auxiliary addresses. */
  readonly reserved: readonly string[];
}

/** The addresses of a subnet, the lowest free one first: what Docker gives, so that scripts find what they expect. */
export class AddressRange implements AddressPool {
  readonly #subnet: Cidr;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #taken = new Set<bigint>();
  /** No address of the range below it is free. */
  #lowest: bigint;

  constructor({ subnet, range, reserved }: AddressRangeOptions) {
    this.#subnet = parseCidr(subnet);
    const chosen = range === undefined ? this.#subnet : parseCidr(range);
    const [first, last] = usable(this.#subnet);
    this.#first = chosen.base > first ? chosen.base : first;
    const end = chosen.base + sizeOf(chosen) - 1n;
    this.#last = end < last ? end : last;
    this.#lowest = this.#first;
    for (const address of reserved) this.reserve(address);
  }

  allocate(wanted?: string): string {
    const address = wanted === undefined || wanted === "" ? this.#lowestFree() : this.#checked(wanted);
    this.#taken.add(address);
    return formatAddress(this.#subnet.family, address);
  }

  #lowestFree(): bigint {
    while (this.#taken.has(this.#lowest)) this.#lowest++;
    if (this.#lowest <= this.#last) return this.#lowest;
    throw new EngineError(
      "Unavailable",
      "no available IPv" + `${this.#subnet.family} addresses on this network's address pools`,
    );
  }

  #checked(wanted: string): bigint {
    const { number } = parseAddress(wanted);
    const [first, last] = usable(this.#subnet);
    if (!contains(this.#subnet, wanted) || number < first || number > last)
      throw new EngineError(
        "InvalidParameter",
        `invalid address ${wanted}: it does not belong to the network's subnets`,
      );
    if (this.#taken.has(number)) throw new EngineError("Forbidden", "Address already in use");
    return number;
  }

  reserve(address: string): void {
    if (contains(this.#subnet, address)) this.#taken.add(parseAddress(address).number);
  }

  release(address: string): void {
    if (!contains(this.#subnet, address)) return;
    const { number } = parseAddress(address);
    if (this.#taken.delete(number) && number < this.#lowest && number >= this.#first) this.#lowest = number;
  }
}

/** Without the network's own address and, in IPv4, its broadcast; networks of two or one (RFC 3021) have neither. */
function usable(subnet: Cidr): readonly [first: bigint, last: bigint] {
  const last = subnet.base + sizeOf(subnet) - 1n;
  if (sizeOf(subnet) <= 2n) return [subnet.base, last];
  return [subnet.base + 1n, subnet.family === 4 ? last - 1n : last];
}

/** The address that a network's bridge has when nobody chose one: the first of it, or of the range. */
export function defaultGateway(subnet: string, range?: string): string {
  const parsed = parseCidr(subnet);
  const chosen = range === undefined ? parsed : parseCidr(range);
  const [first] = usable(parsed);
  const gateway = chosen.base > first ? chosen.base : first;
  if (!within(parsed, gateway))
    throw new EngineError("InvalidParameter", `no address of ${subnet} is left for the gateway`);
  return formatAddress(parsed.family, gateway);
}
