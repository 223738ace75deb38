import { EngineError } from "../../base/errors.ts";
import { contains, parseCidr } from "../../network/cidr.ts";
import type { AddressPool } from "../../network/network-driver.ts";
import type { IpamPool } from "../model/network.ts";

export interface Allocation {
  readonly address: string;
  readonly prefixLength: number;
  /** "" where the pool has no router. */
  readonly gateway: string;
}

interface Held {
  readonly pool: IpamPool;
  readonly addresses: AddressPool;
}

/** The addresses of one family of a network: of the first pool that has any left, or the one that is asked for. */
export class FamilyPools {
  readonly #held: readonly Held[];

  constructor(pools: readonly IpamPool[], addressesOf: (pool: IpamPool) => AddressPool) {
    this.#held = pools.map((pool) => ({ pool, addresses: addressesOf(pool) }));
  }

  /**
   * @returns undefined where the network has nothing of the family.
   * @throws EngineError as AddressPool.allocate does.
   */
  allocate(wanted = ""): Allocation | undefined {
    let full: EngineError | undefined;
    for (const held of this.#candidates(wanted)) {
      try {
        return allocationOf(held.pool, held.addresses.allocate(wanted));
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== "Unavailable") throw error;
        full = error;
      }
    }
    if (full !== undefined) throw full;
    return undefined;
  }

  /** What lies in none is for the first to refuse. */
  #candidates(wanted: string): readonly Held[] {
    if (wanted === "") return this.#held;
    const around = this.#held.filter(({ pool }) => contains(parseCidr(pool.subnet), wanted));
    return around.length > 0 ? around : this.#held.slice(0, 1);
  }

  /** Takes it whatever the state. */
  reserve(address: string): void {
    for (const { addresses } of this.#held) addresses.reserve(address);
  }

  /** Idempotent. */
  release(address: string): void {
    for (const { addresses } of this.#held) addresses.release(address);
  }
}

function allocationOf({ subnet, gateway }: IpamPool, address: string): Allocation {
  const prefixLength = Number(subnet.split("/")[1]);
  if (Number.isNaN(prefixLength)) throw new EngineError("Internal", `subnet ${subnet} has no prefix`);
  return { address, prefixLength, gateway };
}
