import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { type NftablesFamily, rulesInChain } from "../linux/netlink/nf-tables.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import type { Nftables } from "../linux/nftables.ts";

export interface ForeignForwardingDeps {
  readonly nftables: Nftables;
  readonly netfilter: () => NetlinkSocket;
  /** By which our rules are known: the name of our table. */
  readonly mark: string;
  readonly log: Logger;
}

interface Chain {
  readonly family: NftablesFamily;
  readonly table: string;
  readonly name: string;
}

/**
 * Chains of programs that drop, or refuse, whatever is forwarded and not known to them: dockerd and ufw (iptables), firewalld.
 * A drop in any chain of a hook is final, so that our containers had no way out, and no published port, beside one of them.
 */
const CHAINS: readonly Chain[] = [
  { family: "ip", table: "filter", name: "FORWARD" },
  { family: "ip6", table: "filter", name: "FORWARD" },
  { family: "inet", table: "firewalld", name: "filter_FORWARD" },
];

/**
 * Two accepts a bridge in each of them, at the top, which say that our own table decides of these packets. They are all that
 * we change of what is not ours, and they go with the bridge. What an administrator's own table drops stays dropped.
 */
export class ForeignForwarding {
  readonly #deps: ForeignForwardingDeps;

  constructor(deps: ForeignForwardingDeps) {
    this.#deps = deps;
  }

  /** Idempotent. @param bridges all that there are. */
  apply(bridges: readonly string[]): void {
    const { netfilter, log } = this.#deps;
    for (const chain of CHAINS) {
      if (rulesInChain(netfilter(), chain.table, chain.name, chain.family) === undefined) continue;
      try {
        this.#applyTo(chain, bridges);
      } catch (error) {
        const { family, table } = chain;
        log.warn("another firewall may drop what containers send", { family, table, error: messageOf(error) });
      }
    }
  }

  #applyTo({ family, table, name }: Chain, bridges: readonly string[]): void {
    const { nftables, mark } = this.#deps;
    const place = `${family} ${table} ${name}`;
    const text = nftables.run(`list chain ${place}`);
    const wanted = new Set(wantedIn(text) ? bridges.flatMap(rulesOf) : []);
    const changes: string[] = [];
    for (const [, rule = "", comment, handle] of text.matchAll(RULE)) {
      if (comment !== mark || wanted.delete(rule)) continue;
      changes.push(`delete rule ${place} handle ${handle}`);
    }
    for (const rule of wanted) changes.push(`insert rule ${place} ${rule} counter accept comment "${mark}"`);
    if (changes.length > 0) nftables.run(changes.join("\n"));
  }
}

/** `iifname "br-1" counter packets 0 bytes 0 accept comment "slipway_0000" # handle 7` */
const RULE = /^\s*([io]ifname "[^"]+") counter packets \d+ bytes \d+ accept comment "([^"]+)" # handle (\d+)$/gm;

function rulesOf(bridge: string): readonly string[] {
  return [`iifname "${bridge}"`, `oifname "${bridge}"`];
}

/** A chain that lets pass what it does not know needs nothing of us. */
function wantedIn(chain: string): boolean {
  return /policy drop;|\breject\b/.test(chain);
}
