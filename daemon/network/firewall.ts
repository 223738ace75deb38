import type { Logger } from "../base/logger.ts";
import { NFTABLES_GROUP, watchNetlinkGroup } from "../linux/netlink/group.ts";
import { forgetUdpFlows } from "../linux/netlink/conntrack.ts";
import { NETLINK_NETFILTER, rulesInChain } from "../linux/netlink/nf-tables.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { Nftables } from "../linux/nftables.ts";
import { ForeignForwarding } from "./foreign-forwarding.ts";
import type { BridgeNetwork } from "./network-driver.ts";
import { FORWARD_RULES, type PortMapping, renderPorts, renderRemoval, renderRuleset } from "./ruleset.ts";

export interface FirewallDeps {
  /** Name of the table, of this daemon alone. */
  readonly table: string;
  /** Whether other programs' chains are told to let our bridges' packets pass. */
  readonly opensOthers?: boolean;
  readonly log: Logger;
}

/**
 * Our table in nftables: what it should hold is kept here, so it is made again when someone flushed it. Every change
 * is one transaction: other packets see the old rules or the new ones.
 */
export class Firewall implements Disposable {
  readonly #table: string;
  readonly #nftables = new Nftables();
  readonly #networks = new Map<string, BridgeNetwork>();
  #ports: readonly PortMapping[] = [];
  #socket: NetlinkSocket | undefined;
  #watch: Disposable | undefined;
  readonly #log: Logger;
  readonly #foreign: ForeignForwarding | undefined;

  constructor({ table, opensOthers = true, log }: FirewallDeps) {
    this.#table = table;
    this.#log = log;
    const netfilter = (): NetlinkSocket => this.#netfilter();
    if (opensOthers) this.#foreign = new ForeignForwarding({ nftables: this.#nftables, netfilter, mark: table, log });
  }

  /** Idempotent: the same network again puts everything back that is missing. */
  add(network: BridgeNetwork): void {
    this.#networks.set(network.id, network);
    this.#apply();
  }

  /** Idempotent. The table goes with the last network. */
  remove(networkId: string): void {
    const known = this.#networks.delete(networkId);
    if (this.#networks.size === 0) {
      this.#removeTable();
      this.#openOthers();
    } else if (known) this.#apply();
  }

  /** @param all what is published with it. */
  publish(ports: readonly PortMapping[], all: readonly PortMapping[]): void {
    this.#ports = all;
    this.#change("add", ports);
  }

  unpublish(ports: readonly PortMapping[], all: readonly PortMapping[]): void {
    this.#ports = all;
    // Without a network there is no table.
    if (this.#networks.size > 0) this.#change("delete", ports);
  }

  #change(verb: "add" | "delete", ports: readonly PortMapping[]): void {
    if (ports.length === 0) return;
    try {
      this.#nftables.run(renderPorts(verb, this.#table, ports));
    } catch {
      // Someone flushed the table, or it holds what an earlier daemon left.
      this.#apply();
    }
    this.#forgetFlows(ports);
  }

  /** What is under way by UDP goes where the rules say now: to a container that has just come, or not to one that went. */
  #forgetFlows(ports: readonly PortMapping[]): void {
    const udp = new Set(ports.filter(({ protocol }) => protocol === "udp").map(({ hostPort }) => hostPort));
    if (udp.size === 0) return;
    try {
      forgetUdpFlows(this.#netfilter(), udp);
    } catch (error) {
      this.#log.warn("flows by UDP to a published port may go where they went before", { ports: [...udp], error });
    }
  }

  #netfilter(): NetlinkSocket {
    return (this.#socket ??= new NetlinkSocket(NETLINK_NETFILTER));
  }

  /** Looks whether our rules are there (30 µs), and makes them again when they are not. */
  heal(): void {
    if (this.#networks.size === 0 || this.#isWhole()) return;
    this.#log.warn("someone flushed the rules of container networks: they are made again", { table: this.#table });
    this.#apply();
  }

  #isWhole(): boolean {
    return this.#rules() === FORWARD_RULES.length;
  }

  /** Also one that a daemon before this one left. */
  #removeTable(): void {
    if (this.#rules() !== undefined) this.#nftables.run(renderRemoval(this.#table));
  }

  #rules(): number | undefined {
    return rulesInChain(this.#netfilter(), this.#table, "forward");
  }

  #apply(): void {
    this.#watch ??= watchNetlinkGroup(NETLINK_NETFILTER, NFTABLES_GROUP, () => this.#changed());
    const networks = [...this.#networks.values()];
    this.#nftables.run(renderRuleset({ table: this.#table, networks, ports: this.#ports }));
    this.#openOthers();
  }

  #openOthers(): void {
    this.#foreign?.apply([...this.#networks.values()].filter(({ internal }) => !internal).map(({ bridge }) => bridge));
  }

  /** By anybody, ourselves included. */
  #changed(): void {
    try {
      this.heal();
      if (this.#networks.size > 0) this.#openOthers();
    } catch (error) {
      this.#log.error("the rules of container networks cannot be made again", { error });
    }
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#socket?.[Symbol.dispose]();
    this.#nftables[Symbol.dispose]();
  }
}
