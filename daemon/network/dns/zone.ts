/** The names of one network: who is on it, what they are called, where they are. Pure, in memory. */

export interface Member {
  /** The first one is what its address is called. */
  readonly names: readonly string[];
  /** "" where it has none. */
  readonly ipv4: string;
  /** In its short form (RFC 5952). */
  readonly ipv6: string;
}

/** Every change costs as much as the member has names; a lookup is one of a map, however many members there are. */
export class Zone {
  readonly #members = new Map<string, Member>();
  readonly #byName = new Map<string, Set<string>>();
  readonly #byAddress = new Map<string, string>();

  /** Adds a member, or changes what it is called and where it is. */
  put(key: string, member: Member): void {
    this.delete(key);
    this.#members.set(key, member);
    for (const name of member.names.map(canonical)) {
      const keys = this.#byName.get(name) ?? new Set();
      this.#byName.set(name, keys.add(key));
    }
    for (const address of addressesOf(member)) this.#byAddress.set(address, key);
  }

  /** Idempotent. */
  delete(key: string): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    this.#members.delete(key);
    for (const name of member.names.map(canonical)) {
      const keys = this.#byName.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.#byName.delete(name);
    }
    for (const address of addressesOf(member))
      if (this.#byAddress.get(address) === key) this.#byAddress.delete(address);
  }

  get size(): number {
    return this.#members.size;
  }

  /** @param name canonical. @returns nothing when nobody has it. */
  find(name: string): readonly Member[] {
    return [...(this.#byName.get(name) ?? [])].flatMap((key) => this.#members.get(key) ?? []);
  }

  /** What the member with this address is called. */
  nameOf(address: string): string | undefined {
    return this.#members.get(this.#byAddress.get(address) ?? "")?.names[0];
  }
}

/** Names are the same whatever their case (RFC 4343), and with or without the dot of the root. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function addressesOf({ ipv4, ipv6 }: Member): readonly string[] {
  return [ipv4, ipv6].filter((address) => address !== "");
}
